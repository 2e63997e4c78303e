// Text, number, choice, yes or no.

import { useState } from "react";
import type { FieldProps } from "../context.ts";
import { choicesOf, typeOf } from "../schema.ts";

export function TextField({ name, schema, value, required, id, onChange }: FieldProps) {
  const text = typeof value === "string" ? value : "";
  const long = (schema.maxLength ?? 0) > 200;
  const common = {
    id,
    className: "form-control",
    "data-testid": `field-${name}`,
    value: text,
    maxLength: schema.maxLength,

    onChange: (event: { target: { value: string } }) => {
      const next = event.target.value;
      onChange(next === "" && !required ? undefined : next);
    },
  };
  return long ? <textarea rows={3} {...common} /> : <input type="text" {...common} />;
}

export function NumberField({ name, schema, value, required, id, onChange }: FieldProps) {
  const given = typeof value === "number" ? String(value) : "";
  // What is being typed may be no number yet.
  const [draft, setDraft] = useState<string | null>(null);
  const fallback = typeof schema.default === "number" ? schema.default : undefined;
  return (
    <input
      id={id}
      type="number"
      className="form-control"
      data-testid={`field-${name}`}
      value={draft ?? given}
      placeholder={fallback === undefined ? "" : String(fallback)}
      min={schema.minimum}
      max={schema.maximum}
      step={typeOf(schema) === "integer" ? 1 : "any"}
      onChange={(event) => {
        setDraft(event.target.value);
        const number = event.target.valueAsNumber;
        if (!Number.isNaN(number)) onChange(number);
        else if (!required || fallback !== undefined) onChange(undefined);
      }}
      onBlur={() => setDraft(null)}
    />
  );
}

export function SelectField({ name, schema, value, required, id, label, onChange }: FieldProps) {
  const choices = choicesOf(schema) ?? [];
  const optional = !required && schema.default === undefined && schema["x-optional"] === true;
  const chosen = value ?? schema.default ?? (optional ? "" : (choices[0]?.value ?? ""));
  return (
    <select
      id={id}
      className="form-select"
      data-testid={`field-${name}`}
      aria-label={label}
      value={String(chosen)}
      onChange={(event) =>
        onChange(choices.find((choice) => String(choice.value) === event.target.value)?.value)
      }
    >
      {optional && <option value="" />}
      {choices.map((choice) => (
        <option key={String(choice.value)} value={String(choice.value)}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

export function CheckboxField({ name, schema, value, id, label, onChange }: FieldProps) {
  const checked = value === undefined ? schema.default === true : value === true;
  return (
    <label className="form-check form-switch" htmlFor={id}>
      <input
        id={id}
        type="checkbox"
        className="form-check-input"
        data-testid={`field-${name}`}
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className="form-check-label">{label}</span>
    </label>
  );
}
