// Code, in the same editor as the pages have; it loads late.

import type { EditorView } from "@codemirror/view";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { t } from "../../canvas/texts.ts";
import { Icon } from "../../icons/Icon.tsx";
import type { FieldProps } from "../context.ts";

export function CodeField({ name, value, label, onChange }: FieldProps) {
  const text = typeof value === "string" ? value : "";
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<EditorView | null>(null);
  const [large, setLarge] = useState(false);
  const change = useEffectEvent((next: string) => onChange(next));
  const initial = useEffectEvent(() => text);

  useEffect(() => {
    let made: EditorView | null = null;
    let gone = false;
    void import("../../editor/code.ts").then(({ codeEditor }) => {
      if (gone || !box.current) return;
      made = codeEditor({
        parent: box.current,
        doc: initial(),
        language: "javascript",
        label,
        testId: `field-${name}`,
        onChange: change,
      });
      setView(made);
    });
    return () => {
      gone = true;
      made?.destroy();
    };
  }, [label, name]);

  useEffect(() => {
    const present = view?.state.doc;
    if (view && present && present.toString() !== text) {
      view.dispatch({ changes: { from: 0, to: present.length, insert: text } });
    }
  }, [view, text]);

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
