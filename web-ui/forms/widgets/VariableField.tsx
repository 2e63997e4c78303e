// A place to write to: whose variable it is, and its name.

import { useId, useState } from "react";
import { t } from "../../canvas/texts.ts";
import { type FieldProps, useForm } from "../context.ts";
import { formatVariable, parseVariable, type Scope } from "../expression/template.ts";

const SCOPES: Scope[] = ["client", "run", "person", "global"];

export function VariableField({ name, value, required, id, label, onChange }: FieldProps) {
  const { variables } = useForm();
  const suggestions = useId();
  const text = typeof value === "string" ? value : "";
  // Without a name there is nothing to write yet; answers are kept with the subscriber by default.
  const [chosen, setChosen] = useState<Scope>("client");
  const here = text === "" ? { scope: chosen, name: "" } : readTarget(text);
  const write = (scope: Scope, next: string) => {
    setChosen(scope);
    if (next !== "") onChange(formatVariable({ scope, name: next }));
    else onChange(required ? "" : undefined);
  };
  const known = variables
    .map(({ path }) => parseVariable(path))
    .filter((variable) => variable.scope === here.scope);
  return (
    <div className="field-pair field-variable">
      <select
        className="form-select"
        aria-label={`${label}: ${t("whose-variable")}`}
        value={here.scope}
        onChange={(event) => {
          const scope = SCOPES.find((one) => one === event.target.value);
          if (scope) write(scope, here.name);
        }}
      >
        {SCOPES.map((scope) => (
          <option key={scope} value={scope}>
            {t(`scope-${scope}`)}
          </option>
        ))}
      </select>
      <input
        id={id}
        type="text"
        className="form-control"
        data-testid={`field-${name}`}
        aria-label={label}
        placeholder={t("variable-name")}
        autoComplete="off"
        spellCheck={false}
        list={suggestions}
        value={here.name}
        onChange={(event) => write(here.scope, event.target.value.trim())}
      />
      <datalist id={suggestions}>
        {known.map((variable) => (
          <option key={variable.name} value={variable.name} />
        ))}
      </datalist>
    </div>
  );
}

/** Unlike in `#{}`, an unfinished `client.` keeps its scope here. */
function readTarget(text: string) {
  const scope = SCOPES.find((one) => one !== "run" && text.startsWith(`${one}.`));
  return scope ? { scope, name: text.slice(scope.length + 1) } : parseVariable(text);
}
