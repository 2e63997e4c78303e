// An object inside the options. An optional one is switched on and off.

import { t } from "../../canvas/texts.ts";
import { Icon } from "../../icons/Icon.tsx";
import type { FieldProps } from "../context.ts";
import { ObjectForm } from "../SchemaForm.tsx";
import { defaultObject } from "../schema.ts";

export function GroupField({ schema, value, pointer, required, onChange }: FieldProps) {
  const optional = !required && schema["x-optional"] === true;
  if (optional && (value === undefined || value === null)) {
    return (
      <button type="button" className="btn btn-sm" onClick={() => onChange(defaultObject(schema))}>
        <Icon name="plus" />
        {t("add")}
      </button>
    );
  }
  return (
    <div className="form-group-box">
      <ObjectForm schema={schema} value={value} pointer={pointer} onChange={onChange} />
      {optional && (
        <button type="button" className="btn btn-sm btn-ghost-secondary" onClick={() => onChange(undefined)}>
          <Icon name="trash" />
          {t("remove")}
        </button>
      )}
    </div>
  );
}
