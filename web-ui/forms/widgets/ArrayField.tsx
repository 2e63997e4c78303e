// Rows of objects, and lists of texts.

import type { Json } from "../../canvas/document.ts";
import { t } from "../../canvas/texts.ts";
import { Icon } from "../../icons/Icon.tsx";
import { type FieldProps, useForm } from "../context.ts";
import { ObjectForm } from "../SchemaForm.tsx";
import { defaultOf } from "../schema.ts";
import { TargetSelect } from "../TargetSelect.tsx";
import { moved, RowTools } from "./RowTools.tsx";

export function ArrayField({ name, schema, value, pointer, onChange }: FieldProps) {
  const { portAt } = useForm();
  const rows = Array.isArray(value) ? value : [];
  const item = schema.items ?? {};
  const change = (index: number, next: Json) =>
    onChange(rows.map((row, other) => (other === index ? next : row)));
  const full = schema.maxItems !== undefined && rows.length >= schema.maxItems;
  return (
    <div className="form-rows" data-testid={`field-${name}`}>
      {rows.map((row, index) => {
        const here = `${pointer}/${index}`;
        const port = portAt(here);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names, and the fields are controlled
          <div key={index} className="form-row-box">
            <RowTools
              index={index}
              count={rows.length}
              onMove={(to) => onChange(moved(rows, index, to))}
              onRemove={() => onChange(rows.filter((_, other) => other !== index))}
            />
            <ObjectForm schema={item} value={row} pointer={here} onChange={(next) => change(index, next)} />
            {port && <TargetSelect exit={port.exit} to={port.to} />}
          </div>
        );
      })}
      {!full && (
        <button type="button" className="btn btn-sm" onClick={() => onChange([...rows, defaultOf(item)])}>
          <Icon name="plus" />
          {t("add")}
        </button>
      )}
    </div>
  );
}

export function StringListField({ name, schema, value, label, onChange }: FieldProps) {
  const rows = Array.isArray(value) ? value : [];
  return (
    <div className="form-rows" data-testid={`field-${name}`}>
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names, and the fields are controlled
        <div key={index} className="input-group">
          <input
            type="text"
            className="form-control"
            aria-label={`${label} ${index + 1}`}
            maxLength={schema.items?.maxLength}
            value={typeof row === "string" ? row : ""}
            onChange={(event) =>
              onChange(rows.map((old, other) => (other === index ? event.target.value : old)))
            }
          />
          <button
            type="button"
            className="btn btn-icon"
            aria-label={t("remove")}
            onClick={() => onChange(rows.filter((_, other) => other !== index))}
          >
            <Icon name="x" />
          </button>
        </div>
      ))}
      <button type="button" className="btn btn-sm" onClick={() => onChange([...rows, ""])}>
        <Icon name="plus" />
        {t("add")}
      </button>
    </div>
  );
}
