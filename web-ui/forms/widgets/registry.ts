// Which widget draws which field. A new widget is one component and one line here.

import type { ComponentType } from "react";
import type { Schema } from "../../canvas/catalog.ts";
import type { FieldProps } from "../context.ts";
import { choicesOf, typeOf } from "../schema.ts";
import { ArrayField, StringListField } from "./ArrayField.tsx";
import { AssignmentsField } from "./AssignmentsField.tsx";
import { ButtonsField } from "./ButtonsField.tsx";
import { CodeField } from "./CodeField.tsx";
import { ConditionField } from "./ConditionField.tsx";
import { DurationField } from "./DurationField.tsx";
import { FileField } from "./FileField.tsx";
import { GroupField } from "./GroupField.tsx";
import { ColumnField, ListField, MiniAppField, ScenarioField } from "./NamedFields.tsx";
import { CheckboxField, NumberField, SelectField, TextField } from "./SimpleFields.tsx";
import { RichTextField, TemplateField } from "./TemplateField.tsx";
import { VariableField } from "./VariableField.tsx";
import { WeekHoursField } from "./WeekHoursField.tsx";

export interface Widget {
  component: ComponentType<FieldProps>;
  /** Draws its own label. */
  inline?: boolean;
  /** Many controls under one heading. */
  group?: boolean;
  /** Shows the findings of what lies inside itself. */
  nested?: boolean;
}

const WIDGETS: Record<string, Widget> = {
  assignments: { component: AssignmentsField, group: true },
  buttons: { component: ButtonsField, group: true, nested: true },
  code: { component: CodeField, group: true },
  column: { component: ColumnField },
  condition: { component: ConditionField, group: true },
  duration: { component: DurationField },
  file: { component: FileField, group: true },
  list: { component: ListField },
  mini_app: { component: MiniAppField },
  scenario: { component: ScenarioField },
  rich_text: { component: RichTextField, group: true },
  select: { component: SelectField },
  template: { component: TemplateField, group: true },
  variable: { component: VariableField, group: true },
  week_hours: { component: WeekHoursField, group: true },
};

const TEXT: Widget = { component: TextField };

export function widgetFor(schema: Schema, name: string): Widget {
  const asked = WIDGETS[schema["x-widget"] ?? ""];
  if (asked && !(schema["x-widget"] === "select" && !choicesOf(schema))) return asked;
  if (choicesOf(schema)) return { component: SelectField };
  switch (typeOf(schema)) {
    case "boolean":
      return { component: CheckboxField, inline: true };
    case "integer":
    case "number":
      return name.endsWith("_s") && (schema.maximum ?? 0) > 3600
        ? { component: DurationField }
        : { component: NumberField };
    case "array":
      return typeOf(schema.items ?? {}) === "string"
        ? { component: StringListField, group: true }
        : { component: ArrayField, group: true, nested: true };
    case "object":
      return { component: GroupField, group: true, nested: true };
    default:
      return TEXT;
  }
}
