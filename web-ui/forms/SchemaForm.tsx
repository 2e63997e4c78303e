// A form made from a JSON Schema: one field per property, each drawn by the widget its schema asks for.

import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { Schema } from "../canvas/catalog.ts";
import type { Json, JsonObject } from "../canvas/document.ts";
import type { PlacedFinding } from "../canvas/findings.ts";
import { t } from "../canvas/texts.ts";
import { type FieldProps, useForm } from "./context.ts";
import { asObject, isShown, withProperty } from "./schema.ts";
import { widgetFor } from "./widgets/registry.ts";

interface ObjectFormProps {
  schema: Schema;
  value: Json | undefined;
  pointer: string;
  /** Takes the value from before, so that two quick changes do not lose one another. */
  onChange: (value: JsonObject) => void;
  /** Properties drawn elsewhere. */
  without?: string[];
  /** Properties that stand under "More": they are right as they are for most. */
  rare?: ReadonlySet<string>;
}

export function ObjectForm({ schema, value, pointer, onChange, without = [], rare }: ObjectFormProps) {
  const object = asObject(value);
  const properties = schema.properties ?? {};
  // A length and its unit stand side by side.
  const unit =
    properties.unit && Object.keys(properties).find((name) => properties[name]?.["x-widget"] === "duration");
  const shown = Object.entries(properties).filter(
    ([name, property]) =>
      !without.includes(name) && !(unit && name === "unit") && isShown(property, object, properties),
  );
  const field = ([name, property]: [string, Schema]) => (
    <Field
      key={name}
      name={name}
      schema={property}
      value={object[name]}
      pointer={`${pointer}/${name}`}
      required={schema.required?.includes(name) ?? false}
      onChange={(next) => onChange(withProperty(object, name, next))}
      beside={
        name === unit && properties.unit
          ? {
              schema: properties.unit,
              value: object.unit,
              onChange: (next) => onChange(withProperty(object, "unit", next)),
            }
          : undefined
      }
    />
  );
  const more = shown.filter(([name]) => rare?.has(name));
  return (
    <div className="form-fields">
      {shown.filter(([name]) => !rare?.has(name)).map(field)}
      {more.length > 0 && (
        <More pointer={pointer} names={more.map(([name]) => name)} value={object}>
          {more.map(field)}
        </More>
      )}
    </div>
  );
}

interface MoreProps {
  pointer: string;
  names: string[];
  value: JsonObject;
  children: ReactNode;
}

/** Open when something in it was set, is wrong or is asked for. */
function More({ pointer, names, value, children }: MoreProps) {
  const { findings, focus } = useForm();
  const inside = (field: string) => names.some((name) => belongs(field, `${pointer}/${name}`, false));
  const called = findings.some((finding) => inside(finding.field)) || (focus !== null && inside(focus));
  const [open, setOpen] = useState(() => names.some((name) => value[name] !== undefined));
  return (
    <details
      className="form-more"
      open={open || called}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>{t("more-settings")}</summary>
      <div className="form-fields">{children}</div>
    </details>
  );
}

const CONTROL = "input, select, textarea:not(.template-plain), [contenteditable=true]";

type Beside = Pick<FieldProps, "schema" | "value" | "onChange">;

function Field({ beside, ...props }: Omit<FieldProps, "id" | "label"> & { beside?: Beside | undefined }) {
  const { name, schema, pointer } = props;
  const { findings, focus } = useForm();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const label = schema.title ?? name;
  const widget = widgetFor(schema, name);
  const Widget = widget.component;
  const own = findings.filter((finding) => belongs(finding.field, pointer, widget.nested ?? false));
  const wanted = focus !== null && belongs(focus, pointer, widget.nested ?? false);

  useEffect(() => {
    if (!wanted) return;
    box.current?.scrollIntoView({ block: "center", behavior: "smooth" });
    // The editors of texts load late.
    let looks = 0;
    const timer = setInterval(() => {
      const control = box.current?.querySelector<HTMLElement>(CONTROL);
      control?.focus();
      looks += 1;
      if (control || looks > 30) clearInterval(timer);
    }, 100);
    return () => clearInterval(timer);
  }, [wanted]);

  const trouble = own.some((finding) => finding.severity === "error")
    ? "field-error"
    : own.length > 0
      ? "field-warning"
      : "";
  const help = <FieldHelp id={`${id}-help`} text={schema.description} />;
  if (widget.inline) {
    return (
      <div ref={box} className={`form-field form-field-inline ${trouble}`}>
        <Widget {...props} id={id} label={label} />
        {help}
        <FieldFindings findings={own} />
      </div>
    );
  }
  return (
    <div ref={box} className={`form-field ${trouble}`}>
      {widget.group ? (
        <div className="form-label" id={`${id}-label`}>
          {label}
        </div>
      ) : (
        <label className="form-label" htmlFor={id} id={`${id}-label`}>
          {label}
        </label>
      )}
      {beside ? (
        <div className="field-pair">
          <Widget {...props} id={id} label={label} />
          <BesideSelect {...beside} name="unit" pointer={pointer.replace(/[^/]*$/, "unit")} />
        </div>
      ) : (
        <Widget {...props} id={id} label={label} />
      )}
      {help}
      <FieldFindings findings={own} />
    </div>
  );
}

function BesideSelect(props: Beside & { name: string; pointer: string }) {
  const Widget = widgetFor(props.schema, props.name).component;
  return <Widget {...props} id={useId()} required label={props.schema.title ?? props.name} />;
}

/** Nested widgets show what lies deeper themselves. */
function belongs(field: string, pointer: string, nested: boolean): boolean {
  return field === pointer || (!nested && field.startsWith(`${pointer}/`));
}

export function FieldHelp({ id, text }: { id: string; text: string | undefined }) {
  if (!text) return null;
  const parts = text.split(/`([^`]*)`/);
  return (
    <div className="form-hint" id={id}>
      {/* biome-ignore lint/suspicious/noArrayIndexKey: parts of a fixed text */}
      {parts.map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}
    </div>
  );
}

export function FieldFindings({ findings }: { findings: PlacedFinding[] }) {
  return findings.map((finding) => (
    <div
      key={finding.code + finding.pointer}
      className={`field-finding finding-${finding.severity}`}
      role="note"
    >
      {finding.text}
    </div>
  ));
}
