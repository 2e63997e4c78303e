// A text field as it is read: placeholders are chips, marks are shown, not written.

import type { ReactNode } from "react";
import { chipOf, variableChip } from "../../forms/chips.ts";
import { findMarks, type Mark } from "../../forms/expression/rich.ts";
import { parseTemplate } from "../../forms/expression/template.ts";

export function ChipView({ label, look, title }: ReturnType<typeof variableChip>) {
  return (
    <span className={`chip chip-${look}`} title={title}>
      {label}
    </span>
  );
}

export function VariableChip({ path }: { path: string }) {
  return <ChipView {...variableChip(path)} />;
}

export function TemplateText({ source }: { source: string }) {
  let offset = 0;
  return parseTemplate(source).map((part) => {
    const key = offset;
    offset += part.type === "text" ? part.text.length : part.source.length;
    return part.type === "text" ? part.text : <ChipView key={key} {...chipOf(part)} />;
  });
}

const ELEMENTS: Record<Mark, (children: ReactNode, key: number) => ReactNode> = {
  bold: (children, key) => <b key={key}>{children}</b>,
  italic: (children, key) => <i key={key}>{children}</i>,
  underline: (children, key) => <u key={key}>{children}</u>,
  strike: (children, key) => <s key={key}>{children}</s>,
  code: (children, key) => <code key={key}>{children}</code>,
  pre: (children, key) => <code key={key}>{children}</code>,
  spoiler: (children, key) => (
    <span key={key} className="spoiler">
      {children}
    </span>
  ),
  quote: (children, key) => (
    <span key={key} className="quote">
      {children}
    </span>
  ),
  link: (children, key) => (
    <span key={key} className="link-text">
      {children}
    </span>
  ),
};

/** The text of a message with its marks. */
export function RichText({ source }: { source: string }) {
  const marks = findMarks(source);
  const render = (from: number, to: number): ReactNode[] => {
    const out: ReactNode[] = [];
    let here = from;
    for (const marked of marks) {
      if (marked.open.from < here || marked.close.to > to) continue;
      out.push(
        <TemplateText key={`t${here}`} source={decodeEntities(source.slice(here, marked.open.from))} />,
      );
      out.push(ELEMENTS[marked.mark](render(marked.open.to, marked.close.from), marked.open.from));
      here = marked.close.to;
    }
    out.push(<TemplateText key={`t${here}`} source={decodeEntities(source.slice(here, to))} />);
    return out;
  };
  return render(0, source.length);
}

function decodeEntities(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}
