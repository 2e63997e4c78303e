// Code, in the same editor as the pages have; it loads late.

import type { EditorView } from "@codemirror/view";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { t } from "../../canvas/texts.ts";
import type { CodeMark } from "../../editor/code.ts";
import { Icon } from "../../icons/Icon.tsx";
import { type FieldProps, useForm } from "../context.ts";

interface Editor {
  view: EditorView;
  mark: (view: EditorView, marks: CodeMark[]) => void;
}

export function CodeField({ name, value, label, pointer, onChange }: FieldProps) {
  const { findings } = useForm();
  const text = typeof value === "string" ? value : "";
  const box = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<Editor | null>(null);
  const [large, setLarge] = useState(false);
  const change = useEffectEvent((next: string) => onChange(next));
  const initial = useEffectEvent(() => text);

  useEffect(() => {
    let made: EditorView | null = null;
    let gone = false;
    void import("../../editor/code.ts").then(({ codeEditor, markMistakes }) => {
      if (gone || !box.current) return;
      made = codeEditor({
        parent: box.current,
        doc: initial(),
        language: "javascript",
        label,
        testId: `field-${name}`,
        onChange: change,
      });
      setEditor({ view: made, mark: markMistakes });
    });
    return () => {
      gone = true;
      made?.destroy();
    };
  }, [label, name]);

  useEffect(() => {
    const present = editor?.view.state.doc;
    if (editor && present && present.toString() !== text) {
      editor.view.dispatch({ changes: { from: 0, to: present.length, insert: text } });
    }
  }, [editor, text]);

  // The findings come with each saved draft, a second after the last key.
  const marks = findings.flatMap(({ field, spot, text }) =>
    field === pointer && spot ? [{ ...spot, text }] : [],
  );
  const told = JSON.stringify(marks);
  useEffect(() => {
    if (editor) editor.mark(editor.view, JSON.parse(told) as CodeMark[]);
  }, [editor, told]);

  return (
    <div className={`code-field ${large ? "code-field-large" : ""}`}>
      <div ref={box} className="code-editor code-editor-small" />
      <button type="button" className="btn btn-sm btn-ghost-secondary" onClick={() => setLarge(!large)}>
        <Icon name={large ? "x" : "maximize"} />
        {t(large ? "code-smaller" : "code-larger")}
      </button>
    </div>
  );
}
