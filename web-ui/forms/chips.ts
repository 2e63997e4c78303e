// What a placeholder is called on a chip: people see names, never `#{}` or brackets.

import { t } from "../canvas/texts.ts";
import { type Part, parseVariable, type Scope } from "./expression/template.ts";

export interface Chip {
  label: string;
  look: Scope | "function" | "formula";
  /** Said on hovering: where the value comes from. */
  title: string;
}

/** Functions with a name for people, in the order of the picker. */
export const FUNCTIONS = [
  "Name",
  "FullName",
  "Answer",
  "ClientID",
  "ClientLink",
  "BotID",
  "Date",
  "CurrentTime",
] as const;

const NAMED: ReadonlySet<string> = new Set(FUNCTIONS);

export function functionTitle(name: string): string {
  return NAMED.has(name) ? t(`function-${name}`) : name;
}

export function variableChip(path: string): Chip {
  const { scope, name } = parseVariable(path);
  // The element of a list of buttons goes without saying; deeper paths read as steps.
  const label = name
    .replace(/^item\./, "")
    .replaceAll("_", " ")
    .replaceAll(".", " › ");
  return { label, look: scope, title: `${t(`scope-${scope}`)}: ${name}` };
}

export function chipOf(part: Exclude<Part, { type: "text" }>): Chip {
  switch (part.type) {
    case "variable":
      return variableChip(part.path);
    case "function": {
      const title = functionTitle(part.name);
      const label = part.arguments ? `${title}(${part.arguments})` : title;
      return { label, look: "function", title: t("scope-function") };
    }
    case "formula":
      return { label: part.formula, look: "formula", title: t("scope-formula") };
  }
}
