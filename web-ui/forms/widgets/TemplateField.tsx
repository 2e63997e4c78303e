// Text with placeholders, one line or many, plain or with marks. The editor behind it loads late; until then
// a plain text area does the same.

import { useEffect, useEffectEvent, useRef, useState } from "react";
import { t } from "../../canvas/texts.ts";
import type { TemplateEditor } from "../../editor/template.ts";
import { Icon } from "../../icons/Icon.tsx";
import { chipOf, FUNCTIONS, functionTitle, variableChip } from "../chips.ts";
import { type FieldProps, useForm } from "../context.ts";
import type { Mark } from "../expression/rich.ts";
import { VariablePicker } from "../VariablePicker.tsx";

/** Fields that hold one line; the others grow. */
const ONE_LINE: ReadonlySet<string> = new Set([
  "url",
  "label",
  "min",
  "max",
  "offset",
  "items",
  "left",
  "right",
  "caption",
]);

export function TemplateField(props: FieldProps) {
  return (
    <TextEditor
      {...props}
      rich={false}
      multiline={!ONE_LINE.has(props.name)}
      secrets={props.schema["x-secrets"] === true}
    />
  );
}

export function RichTextField(props: FieldProps) {
  return <TextEditor {...props} rich multiline />;
}

interface TextEditorProps extends Omit<FieldProps, "schema"> {
  rich: boolean;
  multiline: boolean;
  placeholder?: string;
  secrets?: boolean;
}

export function TextEditor({
  name,
  value,
  required,
  label,
  id,
  onChange,
  rich,
  multiline,
  placeholder,
  secrets = false,
}: TextEditorProps) {
  const { variables } = useForm();
  const text = typeof value === "string" ? value : "";
  const box = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<TemplateEditor | null>(null);

  const change = useEffectEvent((next: string) => onChange(next === "" && !required ? undefined : next));
  const suggestions = useEffectEvent(() => [
    ...variables.map(({ path }) => {
      const chip = variableChip(path);
      return { source: `#{${path}}`, label: chip.label, detail: t(`scope-${chip.look}`) };
    }),
    ...FUNCTIONS.map((name) => ({
      source: `[${name}]`,
      label: functionTitle(name),
      detail: t("scope-function"),
    })),
  ]);
  const create = useEffectEvent((Editor: typeof TemplateEditor, parent: Element) => {
    return new Editor({
      parent,
      doc: text,
      multiline,
      rich,
      attributes: { id, "aria-label": label, "data-testid": `field-${name}`, class: "template-content" },
      placeholder: placeholder ?? "",
      chip: chipOf,
      suggestions,
      onChange: change,
    });
  });

  useEffect(() => {
    let made: TemplateEditor | null = null;
    let gone = false;
    void import("../../editor/template.ts").then(({ TemplateEditor }) => {
      if (gone || !box.current) return;
      made = create(TemplateEditor, box.current);
      setEditor(made);
    });
    return () => {
      gone = true;
      made?.destroy();
    };
  }, []);
  useEffect(() => editor?.setText(text), [editor, text]);

  return (
    <div className={`template-field ${multiline ? "template-multiline" : ""} ${rich ? "template-rich" : ""}`}>
      <div ref={box} className="template-box">
        {!editor && (
          <textarea
            id={id}
            className="template-plain"
            aria-label={label}
            rows={1}
            value={text}
            onChange={(event) => change(event.target.value)}
          />
        )}
      </div>
      <div className="template-tools">
        {rich && editor && <MarkTools editor={editor} />}
        <VariablePicker secrets={secrets} onPick={(source) => editor?.insert(source)} />
      </div>
    </div>
  );
}

const MARKS: [mark: Mark, icon: string][] = [
  ["bold", "bold"],
  ["italic", "italic"],
  ["underline", "underline"],
  ["strike", "strikethrough"],
  ["code", "code"],
];

function MarkTools({ editor }: { editor: TemplateEditor }) {
  const [linking, setLinking] = useState(false);
  // A press must not take the focus, or the selection would be lost.
  const keep = (event: { preventDefault: () => void }) => event.preventDefault();
  return (
    <>
      {MARKS.map(([mark, icon]) => (
        <button
          key={mark}
          type="button"
          className="tool"
          title={t(`mark-${mark}`)}
          aria-label={t(`mark-${mark}`)}
          onMouseDown={keep}
          onClick={() => editor.mark(mark)}
        >
          <Icon name={icon} />
        </button>
      ))}
      <span className="popover-anchor">
        <button
          type="button"
          className="tool"
          title={t("mark-link")}
          aria-label={t("mark-link")}
          aria-expanded={linking}
          onMouseDown={keep}
          onClick={() => setLinking(!linking)}
        >
          <Icon name="link" />
        </button>
        {linking && (
          <LinkPopover
            onDone={(href) => {
              setLinking(false);
              if (href) editor.mark("link", href);
              else editor.focus();
            }}
          />
        )}
      </span>
    </>
  );
}

function LinkPopover({ onDone }: { onDone: (href: string) => void }) {
  const [href, setHref] = useState("https://");
  return (
    <div className="popover-box">
      <input
        type="url"
        className="form-control form-control-sm"
        aria-label={t("link-address")}
        // biome-ignore lint/a11y/noAutofocus: the person has just asked for this field
        autoFocus
        value={href}
        onChange={(event) => setHref(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onDone(href);
          if (event.key === "Escape") onDone("");
        }}
      />
      <button type="button" className="btn btn-sm btn-primary" onClick={() => onDone(href)}>
        {t("apply")}
      </button>
    </div>
  );
}
