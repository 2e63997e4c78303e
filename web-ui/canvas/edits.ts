// Changes of a document. Each takes a document and gives a new one; what did not change is shared.

import {
  type Action,
  type Block,
  freshId,
  type JsonObject,
  type Note,
  type Position,
  type Scenario,
  type Section,
  type Transition,
  type Trigger,
} from "./document.ts";

/** Where a transition begins. */
export type Source =
  | { from: "trigger"; trigger: string }
  | { from: "block"; block: string }
  | { from: "exit"; block: string; action: string; exit: string }
  | { from: "section"; section: string }
  | { from: "errors" };

/** A node of the canvas. */
export type NodeRef = { type: "trigger" | "block" | "note" | "section"; id: string };

export const blocksOf = (doc: Scenario): Block[] => doc.blocks ?? [];
export const triggersOf = (doc: Scenario): Trigger[] => doc.triggers ?? [];
export const notesOf = (doc: Scenario): Note[] => doc.notes ?? [];
export const sectionsOf = (doc: Scenario): Section[] => doc.sections ?? [];
export const actionsOf = (block: Block): Action[] => block.actions ?? [];

export function findBlock(doc: Scenario, id: string): Block | undefined {
  return blocksOf(doc).find((block) => block.id === id);
}

export function findTrigger(doc: Scenario, id: string): Trigger | undefined {
  return triggersOf(doc).find((trigger) => trigger.id === id);
}

/** The very same document when nothing changed: then there is nothing to undo and nothing to save. */
function withChanged<K extends "blocks" | "triggers" | "notes" | "sections">(
  doc: Scenario,
  part: K,
  id: string,
  change: (element: NonNullable<Scenario[K]>[number]) => NonNullable<Scenario[K]>[number],
): Scenario {
  const before: NonNullable<Scenario[K]>[number][] = doc[part] ?? [];
  const index = before.findIndex((element) => element.id === id);
  const old = before[index];
  const changed = old && change(old);
  return changed === undefined || changed === old ? doc : { ...doc, [part]: before.with(index, changed) };
}

export function updateBlock(doc: Scenario, id: string, change: (block: Block) => Block): Scenario {
  return withChanged(doc, "blocks", id, change);
}

export function updateTrigger(doc: Scenario, id: string, change: (trigger: Trigger) => Trigger): Scenario {
  return withChanged(doc, "triggers", id, change);
}

export function updateNote(doc: Scenario, id: string, change: (note: Note) => Note): Scenario {
  return withChanged(doc, "notes", id, change);
}

export function findSection(doc: Scenario, id: string): Section | undefined {
  return sectionsOf(doc).find((section) => section.id === id);
}

export function updateSection(doc: Scenario, id: string, change: (section: Section) => Section): Scenario {
  return withChanged(doc, "sections", id, change);
}

export function addSection(doc: Scenario, section: Section): Scenario {
  return { ...doc, sections: [...sectionsOf(doc), section] };
}

/** Puts cards into a section, or takes them out of theirs. */
export function setSection(doc: Scenario, blocks: string[], section: string | undefined): Scenario {
  return blocks.reduce(
    (next, id) => updateBlock(next, id, (block) => withOptional(block, "section", section)),
    doc,
  );
}

export function updateAction(
  doc: Scenario,
  block: string,
  action: string,
  change: (action: Action) => Action,
): Scenario {
  return updateBlock(doc, block, (card) => ({
    ...card,
    actions: actionsOf(card).map((step) => (step.id === action ? change(step) : step)),
  }));
}

export function setOptions(doc: Scenario, block: string, action: string, options: JsonObject): Scenario {
  return updateAction(doc, block, action, (step) => ({ ...step, options }));
}

export function addAction(doc: Scenario, block: string, action: Action, index?: number): Scenario {
  return updateBlock(doc, block, (card) => {
    const actions = [...actionsOf(card)];
    actions.splice(index ?? actions.length, 0, action);
    return { ...card, actions };
  });
}

export function removeAction(doc: Scenario, block: string, action: string): Scenario {
  return updateBlock(doc, block, (card) => ({
    ...card,
    actions: actionsOf(card).filter((step) => step.id !== action),
  }));
}

export function moveAction(doc: Scenario, block: string, from: number, to: number): Scenario {
  return updateBlock(doc, block, (card) => {
    const actions = [...actionsOf(card)];
    const [moved] = actions.splice(from, 1);
    if (moved) actions.splice(to, 0, moved);
    return { ...card, actions };
  });
}

export function setTransition(doc: Scenario, source: Source, transition: Transition | undefined): Scenario {
  switch (source.from) {
    case "errors":
      return withOptional(doc, "on_error", transition);
    case "trigger":
      return updateTrigger(doc, source.trigger, (trigger) => withOptional(trigger, "next", transition));
    case "section":
      return updateSection(doc, source.section, (section) => withOptional(section, "otherwise", transition));
    case "block":
      return updateBlock(doc, source.block, (block) => withOptional(block, "next", transition));
    case "exit":
      return updateAction(doc, source.block, source.action, (action) => {
        const { [source.exit]: _, ...rest } = action.exits ?? {};
        const exits = transition ? { ...rest, [source.exit]: transition } : rest;
        return withOptional(action, "exits", Object.keys(exits).length > 0 ? exits : undefined);
      });
  }
}

/** Sets an optional property, or takes it away: absent ones stay out of the stored document. */
function withOptional<T extends object, K extends keyof T>(object: T, key: K, value: T[K] | undefined): T {
  const copy = { ...object };
  if (value === undefined) delete copy[key];
  else copy[key] = value;
  return copy;
}

export function transitionOf(doc: Scenario, source: Source): Transition | undefined {
  switch (source.from) {
    case "errors":
      return doc.on_error ?? undefined;
    case "trigger":
      return findTrigger(doc, source.trigger)?.next ?? undefined;
    case "section":
      return findSection(doc, source.section)?.otherwise ?? undefined;
    case "block":
      return findBlock(doc, source.block)?.next ?? undefined;
    case "exit": {
      const block = findBlock(doc, source.block);
      const action = block && actionsOf(block).find((step) => step.id === source.action);
      return action?.exits?.[source.exit];
    }
  }
}

/** Every transition of the document with the place it begins. */
export function transitions(doc: Scenario): { source: Source; to: Transition }[] {
  const found: { source: Source; to: Transition }[] = [];
  const add = (source: Source, to: Transition | null | undefined) => {
    if (to) found.push({ source, to });
  };
  for (const trigger of triggersOf(doc)) add({ from: "trigger", trigger: trigger.id }, trigger.next);
  for (const block of blocksOf(doc)) {
    for (const action of actionsOf(block)) {
      for (const [exit, to] of Object.entries(action.exits ?? {})) {
        add({ from: "exit", block: block.id, action: action.id, exit }, to);
      }
    }
    add({ from: "block", block: block.id }, block.next);
  }
  for (const section of sectionsOf(doc)) {
    add({ from: "section", section: section.id }, section.otherwise);
  }
  add({ from: "errors" }, doc.on_error);
  return found;
}

export function addBlock(doc: Scenario, block: Block): Scenario {
  return { ...doc, blocks: [...blocksOf(doc), block] };
}

export function addTrigger(doc: Scenario, trigger: Trigger): Scenario {
  return { ...doc, triggers: [...triggersOf(doc), trigger] };
}

export function addNote(doc: Scenario, note: Note): Scenario {
  return { ...doc, notes: [...notesOf(doc), note] };
}

/** Takes nodes away together with every transition that led to them. The cards of a section stay. */
export function removeNodes(doc: Scenario, gone: NodeRef[]): Scenario {
  const ids = (type: NodeRef["type"]) =>
    new Set(gone.filter((node) => node.type === type).map((node) => node.id));
  const [blocks, triggers, notes, sections] = [ids("block"), ids("trigger"), ids("note"), ids("section")];
  const inside = blocksOf(doc).filter(({ section }) => section && sections.has(section));
  let next = setSection(
    doc,
    inside.map(({ id }) => id),
    undefined,
  );
  for (const { source, to } of transitions(doc)) {
    if (blocks.has(to.block)) next = setTransition(next, source, undefined);
  }
  return {
    ...next,
    ...(next.triggers && { triggers: next.triggers.filter((trigger) => !triggers.has(trigger.id)) }),
    ...(next.blocks && { blocks: next.blocks.filter((block) => !blocks.has(block.id)) }),
    ...(next.notes && { notes: next.notes.filter((note) => !notes.has(note.id)) }),
    ...(next.sections && { sections: next.sections.filter((section) => !sections.has(section.id)) }),
  };
}

export function moveNodes(doc: Scenario, moved: { node: NodeRef; position: Position }[]): Scenario {
  let next = doc;
  for (const { node, position } of moved) {
    const [x, y] = [Math.round(position.x), Math.round(position.y)];
    const place = <T extends { position?: Position }>(element: T): T =>
      element.position?.x === x && element.position.y === y ? element : { ...element, position: { x, y } };
    if (node.type === "block") next = updateBlock(next, node.id, place);
    else if (node.type === "trigger") next = updateTrigger(next, node.id, place);
    else if (node.type === "note") next = updateNote(next, node.id, place);
  }
  return next;
}

/** A piece of a scenario on the clipboard. */
export interface Clip {
  "scenaria/clip": 1;
  blocks: Block[];
  triggers: Trigger[];
  notes: Note[];
}

export function cut(doc: Scenario, nodes: NodeRef[]): Clip {
  const has = (type: NodeRef["type"], id: string) =>
    nodes.some((node) => node.type === type && node.id === id);
  return {
    "scenaria/clip": 1,
    blocks: blocksOf(doc).filter((block) => has("block", block.id)),
    triggers: triggersOf(doc).filter((trigger) => has("trigger", trigger.id)),
    notes: notesOf(doc).filter((note) => has("note", note.id)),
  };
}

/** Puts a copy of the clip at the offset. Transitions inside it follow the copies, those that led out stay
 * where their target exists. */
export function paste(doc: Scenario, clip: Clip, offset: Position): { doc: Scenario; nodes: NodeRef[] } {
  const names = new Map(clip.blocks.map((block) => [block.id, freshId("b")]));
  const known = new Set(blocksOf(doc).map((block) => block.id));
  const follow = (to: Transition): Transition | undefined => {
    const copy = names.get(to.block);
    if (copy) return { ...to, block: copy };
    return known.has(to.block) ? to : undefined;
  };
  const shift = (position: Position | undefined): Position => ({
    x: Math.round((position?.x ?? 0) + offset.x),
    y: Math.round((position?.y ?? 0) + offset.y),
  });
  const next = (to: Transition | null | undefined) => {
    const followed = to && follow(to);
    return followed ? { next: followed } : {};
  };
  const nodes: NodeRef[] = [];
  let result = doc;
  for (const { next: to, ...trigger } of clip.triggers) {
    const id = freshId("t");
    nodes.push({ type: "trigger", id });
    result = addTrigger(result, { ...trigger, id, position: shift(trigger.position), ...next(to) });
  }
  for (const { next: to, ...block } of clip.blocks) {
    const id = names.get(block.id) ?? freshId("b");
    nodes.push({ type: "block", id });
    const actions = actionsOf(block).map((action) => copyAction(action, follow));
    result = addBlock(result, { ...block, id, position: shift(block.position), actions, ...next(to) });
  }
  for (const note of clip.notes) {
    const id = freshId("n");
    nodes.push({ type: "note", id });
    result = addNote(result, { ...note, id, position: shift(note.position) });
  }
  return { doc: result, nodes };
}

export function copyAction(
  action: Action,
  follow: (to: Transition) => Transition | undefined = (to) => to,
): Action {
  const exits: Record<string, Transition> = {};
  for (const [exit, to] of Object.entries(action.exits ?? {})) {
    const followed = follow(to);
    if (followed) exits[exit] = followed;
  }
  const { exits: _, ...rest } = action;
  return { ...rest, id: freshId("a"), ...(Object.keys(exits).length > 0 ? { exits } : {}) };
}
