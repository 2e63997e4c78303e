// Rows of buttons under a message, each with what it does and where it leads.

import { useState } from "react";
import type { Schema } from "../../canvas/catalog.ts";
import type { Json, JsonObject } from "../../canvas/document.ts";
import { t } from "../../canvas/texts.ts";
import { Icon } from "../../icons/Icon.tsx";
import { type FieldProps, useForm } from "../context.ts";
import { FieldFindings, ObjectForm } from "../SchemaForm.tsx";
import { asObject, defaultObject, withProperty } from "../schema.ts";
import { TargetSelect } from "../TargetSelect.tsx";
import { MoveTools } from "./RowTools.tsx";
import { TextEditor } from "./TemplateField.tsx";

type Grid = JsonObject[][];

function readGrid(value: Json | undefined): Grid {
  return Array.isArray(value) ? value.map((row) => (Array.isArray(row) ? row.map(asObject) : [])) : [];
}

export function ButtonsField({ name, schema, value, pointer, onChange }: FieldProps) {
  const { findings } = useForm();
  const grid = readGrid(value);
  const rowSchema = schema.items ?? {};
  const button = rowSchema.items ?? {};
  const write = (next: Grid) => {
    const rows = next.filter((row) => row.length > 0);
    onChange(rows.length > 0 ? rows : undefined);
  };
  const fresh = () => ({ ...defaultObject(button), text: "" });
  const own = findings.filter((finding) => finding.field === pointer);
  return (
    <div className="form-rows buttons-field" data-testid={`field-${name}`}>
      {grid.map((row, rowIndex) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names
        <div key={rowIndex} className={`buttons-row ${row.length > 1 ? "buttons-row-many" : ""}`}>
          {row.map((one, index) => (
            <ButtonBox
              key={String(one.id)}
              schema={button}
              value={one}
              pointer={`${pointer}/${rowIndex}/${index}`}
              onChange={(next) => write(replace(grid, rowIndex, index, next))}
              onRemove={() => write(remove(grid, rowIndex, index))}
              onMove={(direction) => write(move(grid, rowIndex, index, direction))}
              canUp={rowIndex > 0 || row.length > 1}
              canDown={rowIndex < grid.length - 1 || row.length > 1}
            />
          ))}
          <button
            type="button"
            className="btn btn-sm btn-ghost-secondary"
            title={t("add-to-row")}
            onClick={() => write(grid.map((old, other) => (other === rowIndex ? [...old, fresh()] : old)))}
          >
            <Icon name="plus" />
            {t("add-to-row")}
          </button>
        </div>
      ))}
      <button
        type="button"
        className="btn btn-sm"
        data-testid="add-button"
        onClick={() => write([...grid, [fresh()]])}
      >
        <Icon name="plus" />
        {t("add-button")}
      </button>
      <FieldFindings findings={own} />
    </div>
  );
}

interface ButtonBoxProps {
  schema: Schema;
  value: JsonObject;
  pointer: string;
  onChange: (value: JsonObject) => void;
  onRemove: () => void;
  onMove: (direction: -1 | 1) => void;
  canUp: boolean;
  canDown: boolean;
}

function ButtonBox({ schema, value, pointer, onChange, onRemove, onMove, canUp, canDown }: ButtonBoxProps) {
  const { portAt, findings, focus } = useForm();
  const port = portAt(pointer);
  const own = findings.filter(
    (finding) => finding.field.startsWith(`${pointer}/`) || finding.field === pointer,
  );
  const plain = (value.action ?? "go") === "go";
  const [opened, setOpened] = useState(!plain);
  const open =
    opened || own.some((finding) => finding.field !== `${pointer}/text`) || focus?.startsWith(`${pointer}/`);
  return (
    <div className={`button-box ${own.length > 0 ? "field-error" : ""}`}>
      <div className="button-box-head">
        <TextEditor
          id={`caption-${String(value.id)}`}
          name="caption"
          value={value.text}
          pointer={`${pointer}/text`}
          required
          rich={false}
          multiline={false}
          label={schema.properties?.text?.title ?? ""}
          placeholder={schema.properties?.text?.title ?? ""}
          onChange={(text) => onChange(withProperty(value, "text", text))}
        />
        <button
          type="button"
          className="tool"
          aria-expanded={open}
          title={t("button-settings")}
          aria-label={t("button-settings")}
          onClick={() => setOpened(!open)}
        >
          <Icon name="adjustments" />
        </button>
        <MoveTools canUp={canUp} canDown={canDown} onMove={onMove} />
        <button
          type="button"
          className="tool"
          title={t("remove")}
          aria-label={t("remove")}
          onClick={onRemove}
        >
          <Icon name="trash" />
        </button>
      </div>
      {port && <TargetSelect exit={port.exit} to={port.to} />}
      {open && (
        <ObjectForm schema={schema} value={value} pointer={pointer} without={["text"]} onChange={onChange} />
      )}
      <FieldFindings
        findings={own.filter((finding) => [pointer, `${pointer}/text`].includes(finding.field))}
      />
    </div>
  );
}

function replace(grid: Grid, row: number, index: number, next: JsonObject): Grid {
  return grid.map((old, other) =>
    other === row ? old.map((one, place) => (place === index ? next : one)) : old,
  );
}

function remove(grid: Grid, row: number, index: number): Grid {
  return grid.map((old, other) => (other === row ? old.filter((_, place) => place !== index) : old));
}

/** Up and down: first within the row, then out of it into a row of its own, then into the neighbour. */
function move(grid: Grid, row: number, index: number, direction: -1 | 1): Grid {
  const present = grid[row] ?? [];
  const moving = present[index];
  if (!moving) return grid;
  const inside = index + direction;
  if (inside >= 0 && inside < present.length) {
    const next = [...present];
    next.splice(index, 1);
    next.splice(inside, 0, moving);
    return grid.map((old, other) => (other === row ? next : old));
  }
  const rest = remove(grid, row, index);
  if (present.length > 1) {
    const at = direction < 0 ? row : row + 1;
    return [...rest.slice(0, at), [moving], ...rest.slice(at)];
  }
  return rest.map((old, other) => {
    if (other !== row + direction) return old;
    return direction < 0 ? [...old, moving] : [moving, ...old];
  });
}
