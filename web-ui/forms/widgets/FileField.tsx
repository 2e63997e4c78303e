// A file of a message: its address, a variable, or one of the workspace's files.

import type { FieldProps } from "../context.ts";
import { FilePicker } from "../files/FilePicker.tsx";
import { TemplateField } from "./TemplateField.tsx";

export function FileField(props: FieldProps) {
  return (
    <div className="file-field">
      <TemplateField {...props} />
      <FilePicker onPick={props.onChange} />
    </div>
  );
}
