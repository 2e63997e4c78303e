// What the fields of a form know beyond their own value.

import { createContext, useContext } from "react";
import type { ListInfo } from "../canvas/boot.ts";
import type { Schema } from "../canvas/catalog.ts";
import type { Json, JsonObject, Transition } from "../canvas/document.ts";
import type { PlacedFinding } from "../canvas/findings.ts";

export interface KnownVariable {
  /** As written in `#{}`. */
  path: string;
}

export interface FormWorld {
  /** The options of the whole action. */
  root: JsonObject;
  lists: ListInfo[];
  miniApps: string[];
  scenarios: string[];
  variables: KnownVariable[];
  blocks: { id: string; title: string }[];
  findings: PlacedFinding[];
  /** Pointer of the field to bring into view. */
  focus: string | null;
  /** The way out that belongs to the element at this pointer, if any. */
  portAt: (pointer: string) => { exit: string; to: Transition | undefined } | undefined;
  connect: (exit: string, block: string | undefined) => void;
  /** Makes a block and gives its id. */
  connectNew: (exit: string) => void;
}

export const FormContext = createContext<FormWorld | null>(null);

export function useForm(): FormWorld {
  const world = useContext(FormContext);
  if (!world) throw new Error("outside of a form");
  return world;
}

/** What every widget gets. */
export interface FieldProps {
  name: string;
  schema: Schema;
  value: Json | undefined;
  /** Pointer inside the options. */
  pointer: string;
  required: boolean;
  label: string;
  /** Id of the control, for its label. */
  id: string;
  onChange: (value: Json | undefined) => void;
}
