// A length of time: seconds in the document, a number with a unit on the screen. Where the document has the
// unit in a field of its own, this is only the number.

import { useState } from "react";
import { t } from "../../canvas/texts.ts";
import type { FieldProps } from "../context.ts";
import { NumberField } from "./SimpleFields.tsx";

const UNITS = [
  ["seconds", 1],
  ["minutes", 60],
  ["hours", 3600],
  ["days", 86400],
] as const;

type Unit = (typeof UNITS)[number][0];

export function DurationField(props: FieldProps) {
  return props.name.endsWith("_s") ? <Seconds {...props} /> : <NumberField {...props} />;
}

/** The largest unit that says the length without a fraction. */
export function naturalUnit(seconds: number): Unit {
  const fitting = UNITS.filter(([, length]) => seconds > 0 && seconds % length === 0);
  return fitting.at(-1)?.[0] ?? "minutes";
}

function Seconds({ name, value, id, label, onChange }: FieldProps) {
  const seconds = typeof value === "number" ? value : undefined;
  const [unit, setUnit] = useState<Unit>(() => naturalUnit(seconds ?? 0));
  const length = UNITS.find(([one]) => one === unit)?.[1] ?? 1;
  return (
    <div className="field-pair">
      <input
        id={id}
        type="number"
        min={0}
        step="any"
        className="form-control"
        data-testid={`field-${name}`}
        value={seconds === undefined ? "" : seconds / length}
        onChange={(event) => {
          const number = event.target.valueAsNumber;
          onChange(Number.isNaN(number) ? undefined : Math.round(number * length));
        }}
      />
      <select
        className="form-select"
        aria-label={`${label}: ${t("unit")}`}
        value={unit}
        onChange={(event) => {
          const next = UNITS.find(([one]) => one === event.target.value);
          if (!next) return;
          setUnit(next[0]);
          if (seconds !== undefined) onChange(Math.round((seconds / length) * next[1]));
        }}
      >
        {UNITS.map(([one]) => (
          <option key={one} value={one}>
            {t(`unit-${one}`)}
          </option>
        ))}
      </select>
    </div>
  );
}
