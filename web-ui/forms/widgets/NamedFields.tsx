// Names of things of the workspace: lists, columns, mini apps, scenarios. A name that is gone stays visible.

import { at } from "../../canvas/document.ts";
import { t } from "../../canvas/texts.ts";
import { type FieldProps, useForm } from "../context.ts";

interface NameSelectProps extends FieldProps {
  names: string[];
  empty: string;
}

function NameSelect({ name, value, required, id, label, onChange, names, empty }: NameSelectProps) {
  const chosen = typeof value === "string" ? value : "";
  const all = chosen === "" || names.includes(chosen) ? names : [chosen, ...names];
  return (
    <select
      id={id}
      className="form-select"
      data-testid={`field-${name}`}
      aria-label={label}
      value={chosen}
      onChange={(event) => onChange(event.target.value === "" && !required ? undefined : event.target.value)}
    >
      <option value="">{empty}</option>
      {all.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}

export function ListField(props: FieldProps) {
  const { lists } = useForm();
  return <NameSelect {...props} names={lists.map((list) => list.name)} empty={t("choose-list")} />;
}

export function ColumnField(props: FieldProps) {
  const { lists, root } = useForm();
  const list = lists.find((one) => one.name === at(root, "/list"));
  return (
    <NameSelect
      {...props}
      names={list?.columns.map((column) => column.name) ?? []}
      empty={t("choose-column")}
    />
  );
}

export function MiniAppField(props: FieldProps) {
  const { miniApps } = useForm();
  return (
    <NameSelect
      {...props}
      names={miniApps}
      empty={props.pointer === "/app" ? t("any-app") : t("choose-app")}
    />
  );
}

export function ScenarioField(props: FieldProps) {
  const { scenarios } = useForm();
  return <NameSelect {...props} names={scenarios} empty={t("choose-scenario")} />;
}
