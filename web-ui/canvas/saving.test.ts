import { afterEach, expect, it, vi } from "vitest";
import type { Boot } from "./boot.ts";
import type { Scenario } from "./document.ts";
import { Saver } from "./saving.ts";
import { createEditor } from "./store.ts";

const doc: Scenario = { format: "scenaria/1", name: "Test", triggers: [], blocks: [] };

const boot: Boot = {
  scenario: { id: 1, name: "Test", revision: 1, document: doc, published_number: null },
  catalog: { actions: [], triggers: [] } as unknown as Boot["catalog"],
  findings: [],
  lang: "en",
  lists: [],
  mini_apps: [],
  scenarios: [],
  globals: [],
  webhooks: [],
  urls: {
    save: "/save",
    publish: "/publish",
    people: "/people",
    files: "/files",
    file_pages: "/files",
    test: "/test",
    settings: "/settings",
    sign_in: "/sign-in",
  },
  csrf: "secret",
};

afterEach(() => vi.unstubAllGlobals());

/** A server whose draft somebody else has brought to this revision. */
function serverAt(start: number): string[] {
  const calls: string[] = [];
  let revision = start;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const body = JSON.parse(String(init.body)) as { revision: number };
    calls.push(`${init.method} ${url} ${body.revision}`);
    if (body.revision !== revision) return Response.json({ revision }, { status: 409 });
    if (init.method === "PUT") revision += 1;
    return Response.json(init.method === "PUT" ? { revision } : { number: 3 });
  });
  return calls;
}

it("writes an unchanged draft over the one that stopped publishing", async () => {
  const calls = serverAt(5);
  const store = createEditor(boot);
  const saver = new Saver(store, boot);
  expect(await saver.publish()).toBeNull();
  expect(store.getState().save).toBe("conflict");
  await saver.overwrite();
  expect(store.getState()).toMatchObject({ save: "saved", revision: 6 });
  expect(await saver.publish()).toBe(3);
  expect(calls).toEqual(["POST /publish 1", "PUT /save 5", "POST /publish 6"]);
});
