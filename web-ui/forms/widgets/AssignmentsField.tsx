// Lines of "variable = value".

import { t } from "../../canvas/texts.ts";
import { Icon } from "../../icons/Icon.tsx";
import type { FieldProps } from "../context.ts";
import { asObject, defaultOf, withProperty } from "../schema.ts";
import { moved, RowTools } from "./RowTools.tsx";
import { TemplateField } from "./TemplateField.tsx";
import { VariableField } from "./VariableField.tsx";

export function AssignmentsField({ name, schema, value, pointer, id, onChange }: FieldProps) {
  const rows = Array.isArray(value) ? value : [];
  const item = schema.items ?? {};
  const field = (property: string) => item.properties?.[property] ?? {};
  return (
    <div className="form-rows" data-testid={`field-${name}`}>
      {rows.map((row, index) => {
        const object = asObject(row);
        const common = (property: string) => ({
          name: property,
          schema: field(property),
          value: object[property],
          pointer: `${pointer}/${index}/${property}`,
          required: true,
          label: field(property).title ?? property,
          id: `${id}-${index}-${property}`,
          onChange: (next: typeof value) =>
            onChange(
              rows.map((old, other) => (other === index ? withProperty(object, property, next) : old)),
            ),
        });
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names, and the fields are controlled
          <div key={index} className="form-row-box">
            <RowTools
              index={index}
              count={rows.length}
              onMove={(to) => onChange(moved(rows, index, to))}
              onRemove={() => onChange(rows.filter((_, other) => other !== index))}
            />
            <VariableField {...common("target")} />
            <div className="equals">
              <span aria-hidden="true">=</span>
              <TemplateField {...common("value")} />
            </div>
          </div>
        );
      })}
      <button type="button" className="btn btn-sm" onClick={() => onChange([...rows, defaultOf(item)])}>
        <Icon name="plus" />
        {t("add")}
      </button>
    </div>
  );
}
