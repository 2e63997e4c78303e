// Places the findings: a pointer into the document that was checked becomes a card, an action and a field, so
// that it stays right when cards are added or moved afterwards.

import type { Finding } from "./boot.ts";
import type { Scenario } from "./document.ts";
import type { NodeRef } from "./edits.ts";

export interface PlacedFinding extends Finding {
  node?: NodeRef;
  action?: string;
  /** Pointer inside the options of the action or the trigger, or inside the card itself. */
  field: string;
}

export function placeFindings(doc: Scenario, findings: Finding[]): PlacedFinding[] {
  return findings.map((finding) => ({ ...finding, ...place(doc, finding.pointer) }));
}

function place(doc: Scenario, pointer: string): Pick<PlacedFinding, "node" | "action" | "field"> {
  const [, part, index, ...rest] = pointer.split("/");
  const tail = (steps: string[]) => steps.map((step) => `/${step}`).join("");
  if (part === "triggers") {
    const trigger = doc.triggers?.[Number(index)];
    if (!trigger) return { field: "" };
    const field = rest[0] === "options" ? tail(rest.slice(1)) : tail(rest);
    return { node: { type: "trigger", id: trigger.id }, field };
  }
  if (part === "notes") {
    const note = doc.notes?.[Number(index)];
    return note ? { node: { type: "note", id: note.id }, field: tail(rest) } : { field: "" };
  }
  if (part === "sections") {
    const section = doc.sections?.[Number(index)];
    return section ? { node: { type: "section", id: section.id }, field: tail(rest) } : { field: "" };
  }
  const block = part === "blocks" ? doc.blocks?.[Number(index)] : undefined;
  if (!block) return { field: "" };
  const node: NodeRef = { type: "block", id: block.id };
  const action = rest[0] === "actions" ? block.actions?.[Number(rest[1])] : undefined;
  if (!action) return { node, field: tail(rest) };
  return {
    node,
    action: action.id,
    field: rest[2] === "options" ? tail(rest.slice(3)) : tail(rest.slice(2)),
  };
}
