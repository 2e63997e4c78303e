// Hours of each day of the week: a switch, and the text the engine reads ("09:00-13:00, 14:00-18:00").

import { useState } from "react";
import { t } from "../../canvas/texts.ts";
import { Icon } from "../../icons/Icon.tsx";
import type { FieldProps } from "../context.ts";
import { asObject, withProperty } from "../schema.ts";

/** What a day that is switched on begins with, when no other day says it. */
const USUAL = "09:00-18:00";

export function WeekHoursField({ name, schema, value, id, onChange }: FieldProps) {
  const week = asObject(value ?? schema.default);
  const hours = (day: string) => (typeof week[day] === "string" ? week[day] : "");
  const days = Object.entries(schema.properties ?? {});
  const usual = days.map(([day]) => hours(day)).find((text) => text !== "") ?? USUAL;
  // A text that is being written anew is empty for a moment, and its day is not off because of that.
  const [writing, setWriting] = useState<string | null>(null);
  const change = (day: string, text: string) => onChange(withProperty(week, day, text || undefined));
  return (
    <div className="week-hours" data-testid={`field-${name}`}>
      {days.map(([day, property]) => {
        const title = property.title ?? day;
        const text = hours(day);
        const works = text !== "" || writing === day;
        return (
          <div key={day} className="week-day">
            <label className="form-check form-switch" htmlFor={`${id}-${day}`}>
              <input
                id={`${id}-${day}`}
                type="checkbox"
                className="form-check-input"
                checked={works}
                onChange={(event) => change(day, event.target.checked ? usual : "")}
              />
              <span className="form-check-label">{title}</span>
            </label>
            {works ? (
              <input
                type="text"
                className="form-control form-control-sm"
                aria-label={t("hours-of", { day: title })}
                data-testid={`hours-${day}`}
                maxLength={property.maxLength}
                value={text}
                onFocus={() => setWriting(day)}
                onBlur={() => setWriting(null)}
                onChange={(event) => change(day, event.target.value)}
              />
            ) : (
              <span className="week-off">{t("day-off")}</span>
            )}
            {works && (
              <button
                type="button"
                className="tool"
                title={t("same-hours")}
                aria-label={t("same-hours")}
                onClick={() =>
                  onChange(
                    Object.fromEntries(days.flatMap(([other]) => (hours(other) ? [[other, text]] : []))),
                  )
                }
              >
                <Icon name="copy" />
              </button>
            )}
          </div>
        );
      })}
    </div>
  );
}
