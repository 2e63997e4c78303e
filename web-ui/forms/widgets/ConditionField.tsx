// A condition: rows of pickers, or its text. The text is the truth; what rows cannot say is shown as text.

import { useState } from "react";
import { comparisonText } from "../../canvas/card/ConditionText.tsx";
import { t } from "../../canvas/texts.ts";
import { Icon } from "../../icons/Icon.tsx";
import type { FieldProps } from "../context.ts";
import {
  COMPARISONS,
  formatCondition,
  hasRight,
  parseCondition,
  type Row,
  type Rows,
} from "../expression/condition.ts";
import { TextEditor } from "./TemplateField.tsx";

const EMPTY_ROW: Row = { left: "", comparison: "=", right: "" };

export function ConditionField(props: FieldProps) {
  const { name, value, id, label, onChange } = props;
  const text = typeof value === "string" ? value : "";
  const parsed = parseCondition(text);
  const [asText, setAsText] = useState(false);
  // Rows whose left side is still empty cannot be written down; they live here until they can.
  const [draft, setDraft] = useState<{ text: string; rows: Rows } | null>(null);
  const rows = draft?.text === text ? draft.rows : parsed;

  if (asText || !rows) {
    return (
      <div className="condition-field">
        <textarea
          id={id}
          className="form-control font-monospace"
          rows={2}
          aria-label={label}
          data-testid={`field-${name}`}
          spellCheck={false}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
        {rows ? (
          <button type="button" className="btn btn-sm btn-ghost-secondary" onClick={() => setAsText(false)}>
            <Icon name="list-details" />
            {t("condition-as-rows")}
          </button>
        ) : (
          <p className="form-hint">{t("condition-only-text")}</p>
        )}
      </div>
    );
  }

  const shown = rows.rows.length > 0 ? rows.rows : [EMPTY_ROW];
  const write = (next: Rows) => {
    const finished = { ...next, rows: next.rows.filter((row) => row.left !== "") };
    const written = formatCondition(finished);
    setDraft({ text: written, rows: next });
    if (written !== text) onChange(written);
  };
  const change = (index: number, patch: Partial<Row>) =>
    write({ ...rows, rows: shown.map((row, other) => (other === index ? { ...row, ...patch } : row)) });
  return (
    <div className="condition-field" data-testid={`field-${name}`}>
      {shown.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names, and the fields are controlled
        <div key={index}>
          {index === 1 && (
            <fieldset className="btn-group btn-group-sm condition-join">
              {(["and", "or"] as const).map((join) => (
                <button
                  key={join}
                  type="button"
                  className={`btn btn-sm ${rows.join === join ? "active" : ""}`}
                  aria-pressed={rows.join === join}
                  onClick={() => write({ rows: shown, join })}
                >
                  {t(`join-${join}`)}
                </button>
              ))}
            </fieldset>
          )}
          {index > 1 && <div className="condition-and">{t(`join-${rows.join}`)}</div>}
          <div className="condition-row">
            <Side
              id={`${id}-${index}-left`}
              name="left"
              value={row.left}
              onChange={(left) => change(index, { left })}
            />
            <div className="condition-middle">
              <select
                className="form-select form-select-sm"
                aria-label={t("comparison")}
                value={row.comparison}
                onChange={(event) => {
                  const comparison = COMPARISONS.find((one) => one === event.target.value);
                  if (comparison) change(index, { comparison });
                }}
              >
                {COMPARISONS.map((one) => (
                  <option key={one} value={one}>
                    {comparisonText(one)}
                  </option>
                ))}
              </select>
              {shown.length > 1 && (
                <button
                  type="button"
                  className="tool"
                  aria-label={t("remove")}
                  title={t("remove")}
                  onClick={() => write({ ...rows, rows: shown.filter((_, other) => other !== index) })}
                >
                  <Icon name="x" />
                </button>
              )}
            </div>
            {hasRight(row.comparison) && (
              <Side
                id={`${id}-${index}-right`}
                name="right"
                value={row.right}
                onChange={(right) => change(index, { right })}
              />
            )}
          </div>
        </div>
      ))}
      <div className="btn-list">
        <button
          type="button"
          className="btn btn-sm"
          onClick={() => write({ ...rows, rows: [...shown, EMPTY_ROW] })}
        >
          <Icon name="plus" />
          {t("add-condition")}
        </button>
        <button type="button" className="btn btn-sm btn-ghost-secondary" onClick={() => setAsText(true)}>
          <Icon name="code" />
          {t("condition-as-text")}
        </button>
      </div>
    </div>
  );
}

interface SideProps {
  id: string;
  name: "left" | "right";
  value: string;
  onChange: (text: string) => void;
}

function Side({ id, name, value, onChange }: SideProps) {
  return (
    <TextEditor
      id={id}
      name={name}
      value={value}
      pointer=""
      required
      rich={false}
      multiline={false}
      label={t(`condition-${name}`)}
      placeholder={t(`condition-${name}`)}
      onChange={(next) => onChange(typeof next === "string" ? next : "")}
    />
  );
}
