// What the page hands to the canvas.

import type { Lang } from "../locales/fluent.ts";
import type { Catalog } from "./catalog.ts";
import type { Scenario } from "./document.ts";

export interface Finding {
  pointer: string;
  severity: "error" | "warning";
  code: string;
  text: string;
  /** Where in the text at the pointer, both from 1; a column counts characters. */
  spot?: { line: number; column: number };
}

export interface ListInfo {
  name: string;
  columns: { name: string; type: string }[];
}

export interface Boot {
  scenario: {
    id: number;
    name: string;
    revision: number;
    document: Scenario;
    published_number: number | null;
  };
  catalog: Catalog;
  findings: Finding[];
  lang: Lang;
  lists: ListInfo[];
  mini_apps: string[];
  /** Names of all scenarios of the workspace. */
  scenarios: string[];
  globals: string[];
  webhooks: { trigger: string; bot_name: string; url: string }[];
  urls: {
    save: string;
    publish: string;
    people: string;
    /** The API of the workspace's files. */
    files: string;
    /** Below it what is in them: `/files/{name}/content`. */
    file_pages: string;
    test: string;
    settings: string;
    sign_in: string;
  };
  csrf: string;
}

export function readBoot(): Boot {
  const text = document.getElementById("canvas-boot")?.textContent;
  if (!text) throw new Error("the page has no #canvas-boot");
  return JSON.parse(text) as Boot;
}
