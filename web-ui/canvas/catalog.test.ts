import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Catalog, CatalogIndex } from "./catalog.ts";
import { convert } from "./convert.ts";
import type { Action, Scenario } from "./document.ts";
import { actionsOf, blocksOf } from "./edits.ts";
import { placeFindings } from "./findings.ts";
import { newAction } from "./make.ts";
import { knownVariables } from "./variables.ts";

const read = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as T;
const index = new CatalogIndex(read<Catalog>("../generated/catalog.en.json"));
const all = read<Scenario>("../../crates/engine/tests/fixtures/all-kinds.json");
const actions = blocksOf(all).flatMap(actionsOf);
const find = (id: string): Action => {
  const action = actions.find((one) => one.id === id);
  if (!action) throw new Error(`no action ${id}`);
  return action;
};

describe("ports", () => {
  const ids = (id: string) => index.ports(find(id)).map((port) => port.id);

  it("come from buttons that lead somewhere, branches and fixed ways out", () => {
    expect(ids("hello")).toEqual(["order", "mine", "picked", "error"]);
    expect(ids("phone")).toEqual(["other", "skipped", "failed", "timeout", "error"]);
    expect(ids("big")).toEqual(["gift", "otherwise", "error"]);
  });

  it("exist for every exit that the document has wired", () => {
    for (const action of actions) {
      for (const exit of Object.keys(action.exits ?? {})) expect(ids(action.id), action.id).toContain(exit);
    }
  });
});

describe("new actions", () => {
  it("begin with what the catalogue says, and with a row where one is needed", () => {
    for (const kind of index.catalog.actions)
      expect(newAction(kind).options).toMatchObject({ ...kind.defaults, ...rows(kind.kind) });
    const branch = index.action("branch");
    expect(branch && newAction(branch).options.branches).toEqual([
      { id: expect.stringMatching(/^e[a-z0-9]{6}$/) },
    ]);
  });

  const rows = (kind: string) => {
    if (kind === "branch") return { branches: expect.anything() };
    if (kind === "switch") return { cases: expect.anything() };
    return kind === "set_variables" ? { assignments: expect.anything() } : {};
  };
});

describe("message and question", () => {
  it("turn into one another without loss", () => {
    const question = find("quantity");
    const message = convert(question, index);
    expect(message.kind).toBe("send_message");
    expect(message.options.text).toBe("How many?");
    expect(message.options).not.toHaveProperty("kind");
    expect(convert(message, index)).toEqual(question);
  });
});

describe("variables", () => {
  it("are those written and read, and the globals", () => {
    const paths = knownVariables(all, index, ["rate"]).map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(["who", "client.phone", "total", "env.SHOP_TOKEN", "global.rate"]),
    );
    expect(paths).not.toContain("item.title");
  });
});

describe("findings", () => {
  it("are placed at the card, the action and the field", () => {
    const at = (pointer: string) => {
      const [found] = placeFindings(all, [{ pointer, severity: "error", code: "x", text: "x" }]);
      return [found?.node?.type, found?.node?.id, found?.action, found?.field];
    };
    expect(at("/blocks/1/actions/2/options/min")).toEqual(["block", "order", "quantity", "/min"]);
    expect(at("/blocks/0/actions/0/exits/mine")).toEqual(["block", "welcome", "hello", "/exits/mine"]);
    expect(at("/blocks/1/next")).toEqual(["block", "order", undefined, "/next"]);
    expect(at("/triggers/1/options/texts/0")).toEqual(["trigger", "order_word", undefined, "/texts/0"]);
    expect(at("/name")).toEqual([undefined, undefined, undefined, ""]);
    expect(at("/blocks/99")).toEqual([undefined, undefined, undefined, ""]);
  });
});
