// The canvas and the pages under the real content security policy, without the server: what they send, what they show.

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Scenario } from "../canvas/document.ts";
import { PHONE, shot, type Visit, type VisitOptions } from "./browser.ts";
import { documentOf } from "./harness.ts";
import { expectClean, withHarness } from "./stage.ts";

const { harness, open } = withHarness();

async function openCanvas(options: Partial<VisitOptions> & { scenario?: string } = {}): Promise<Visit> {
  const made = await open(`/canvas?scenario=${options.scenario ?? "all"}`, options);
  await made.page.getByTestId("block-welcome").waitFor();
  return made;
}

/** A change of the document, and the shortest one: a message in a card of its own. */
async function addCard(page: Page): Promise<void> {
  await page.getByTestId("add-card").click();
  await page.getByTestId("palette-send_message").click();
}

function lastDocument(): Scenario {
  const body = harness().calls.at(-1)?.body;
  if (!body) throw new Error("nothing was saved");
  return (body as { document: Scenario }).document;
}

const waitForCall = (path: string, count = 1) =>
  expect
    .poll(() => harness().calls.filter((call) => call.path === path).length)
    .toBeGreaterThanOrEqual(count);

describe("canvas", () => {
  it("saves a changed text by itself, and undoes it", async () => {
    const made = await openCanvas();
    const { page } = made;
    await page.getByTestId("action-hello").click();
    const field = page.getByTestId("field-text");
    await field.locator(".chip").waitFor();
    expect(await field.textContent()).not.toContain("[Name]");
    await field.press("Control+End");
    // One input, and so one step of the history however slow the machine is.
    await page.keyboard.insertText(" Welcome back.");
    await expect.poll(() => page.getByTestId("save-state").getAttribute("data-state")).toBe("saved");
    await waitForCall("/api/save");
    expect(harness().calls[0]).toMatchObject({ method: "PUT", csrf: "secret", body: { revision: 1 } });
    expect(lastDocument().blocks?.[0]?.actions?.[0]?.options.text).toBe(
      "Hello, [Name]! What would you like? Welcome back.",
    );
    expect(await page.getByTestId("block-welcome").textContent()).toContain("Welcome back.");
    await page.getByTestId("undo").click();
    await waitForCall("/api/save", 2);
    expect(lastDocument().blocks?.[0]?.actions?.[0]?.options.text).toBe(
      "Hello, [Name]! What would you like?",
    );
    await expectClean(made);
  });

  it("leaves a document it only shows as it is", async () => {
    const { page } = await openCanvas();
    for (const action of ["hello", "prices", "phone", "big", "find_mine"]) {
      await page.getByTestId(`action-${action}`).dispatchEvent("click");
      await page.waitForTimeout(150);
    }
    await page.waitForTimeout(1500);
    if (harness().calls.length > 0) expect(lastDocument()).toEqual(documentOf("all"));
    expect(harness().calls).toEqual([]);
  });

  it("says when somebody else has saved, and lets choose", async () => {
    const made = await openCanvas({ expected: /409/ });
    const { page } = made;
    harness().answers.set("/api/save", { status: 409, body: { title: "Conflict", revision: 41 } });
    await addCard(page);
    await page.getByText("Somebody else has changed this scenario").waitFor();
    await page.getByRole("button", { name: "Keep mine" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Keep mine" }).click();
    await expect.poll(() => page.getByTestId("save-state").getAttribute("data-state")).toBe("saved");
    expect(harness().calls.at(-1)?.body).toMatchObject({ revision: 41 });
    await expectClean(made);
  });

  it("keeps the work of whoever is signed out, and goes on after signing in again", async () => {
    const made = await openCanvas({ expected: /401/ });
    const { page } = made;
    harness().answers.set("/api/save", { status: 401, body: { title: "Sign in" } });
    await addCard(page);
    await page.getByText("you are signed out").waitFor();
    expect(await page.getByRole("link", { name: "Sign in in a new tab" }).getAttribute("href")).toBe(
      "/sign-in",
    );
    await page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => page.getByTestId("save-state").getAttribute("data-state")).toBe("saved");
    await expectClean(made);
  });

  it("puts cards into a section, folds it, and undoes it", async () => {
    const made = await openCanvas();
    const { page } = made;
    await page.getByTestId("block-welcome").locator(".flow-card-title").click();
    await page.getByTestId("section-of").selectOption("+");
    await page.getByTestId("section-name").fill("Paid");
    await waitForCall("/api/save");
    await expect.poll(() => lastDocument().sections?.map(({ name }) => name)).toEqual(["Paid"]);
    expect(
      lastDocument()
        .blocks?.filter(({ section }) => section)
        .map(({ id }) => id),
    ).toEqual(["welcome"]);
    await shot(page, "canvas-section");
    // By keyboard: the note of this document lies over the frame.
    await page.getByRole("button", { name: "Fold “Paid”" }).press("Enter");
    await page.getByTestId("block-welcome").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Unfold “Paid”" }).press("Enter");
    await page.getByTestId("block-welcome").waitFor();
    await expectClean(made);
    await page.getByTestId("delete-section").click();
    await expect.poll(() => page.locator(".section-frame").count()).toBe(0);
    await page.getByTestId("block-welcome").waitFor();
    await page.getByTestId("undo").click();
    await page.locator(".section-frame").waitFor();
  });

  it("asks where those go on who stand in changed blocks", async () => {
    const made = await openCanvas();
    const { page } = made;
    const standing = { name: "Menu", kind: "ask", runs: 3 };
    const blocks = [
      { ...standing, block: "menu", fate: "changed" },
      { ...standing, block: "gone", name: "", fate: "deleted", runs: 1 },
      { ...standing, block: "other", fate: "same" },
    ];
    harness().answers.set("/api/people", { status: 200, body: { blocks } });
    await page.getByTestId("publish").click();
    await page.getByText("changed · 3 runs").waitFor();
    expect(await page.locator(".publish-blocks li").count()).toBe(2);
    await shot(page, "canvas-publish");
    await page.getByTestId("people-of-menu").selectOption("start");
    await page.getByTestId("publish-anyway").click();
    await page.locator(".toast-success").waitFor();
    expect(harness().calls.at(-1)?.body).toMatchObject({ moves: { menu: "start" } });
    await expectClean(made);
  });

  it("leads from a finding to its field, and shows why publishing was refused", async () => {
    const made = await openCanvas({ expected: /422/ });
    const { page } = made;
    const finding = {
      pointer: "/blocks/1/actions/2/options/min",
      severity: "error",
      code: "x",
      text: "no number",
    };
    harness().answers.set("/api/publish", { status: 422, body: { findings: [finding] } });
    await page.getByTestId("publish").click();
    await page.getByRole("button", { name: /no number/ }).click();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute("data-testid")))
      .toBe("field-min");
    expect(await page.locator(".field-finding").first().textContent()).toBe("no number");
    await shot(page, "canvas-finding");
    harness().findings.length = 0;
    await page.getByTestId("publish").click();
    await page.getByText("Version 7 is published").waitFor();
    await expectClean(made);
  });

  it("marks what the server found in a script, at its place, while one writes", async () => {
    const made = await openCanvas();
    const { page } = made;
    const blocks = documentOf("all").blocks ?? [];
    const block = blocks.findIndex(({ actions }) => actions?.some(({ kind }) => kind === "javascript"));
    const actions = blocks[block]?.actions ?? [];
    const action = actions.findIndex(({ kind }) => kind === "javascript");
    const pointer = `/blocks/${block}/actions/${action}/options/code`;
    const mistake = (line: number, column: number) => ({
      pointer,
      severity: "error" as const,
      code: "script_syntax",
      text: `line ${line}, column ${column}: unexpected token`,
      spot: { line, column },
    });
    harness().findings.push(mistake(2, 7));
    await page.getByTestId(`action-${actions[action]?.id}`).dispatchEvent("click");
    const code = page.getByTestId("field-code");
    await code.click();
    await page.keyboard.press("ControlOrMeta+A");
    // Typing over coloured text would make the browser itself keep the colour in a style.
    await page.keyboard.press("Delete");
    await page.keyboard.type("const я = 1;\nlet b oops");
    await waitForCall("/api/save");
    const mark = page.locator(".cm-lintRange-error");
    await mark.waitFor();
    expect(await mark.textContent()).toBe("oops");
    await mark.hover();
    await page.locator(".cm-tooltip-lint").getByText("unexpected token").waitFor();
    await shot(page, "canvas-script-mark");
    harness().findings.length = 0;
    await code.click();
    await page.keyboard.press("ControlOrMeta+End");
    await page.keyboard.press("ControlOrMeta+Backspace");
    await expect.poll(() => mark.count()).toBe(0);
    await expectClean(made);
  });

  it("makes a new block where a line is dropped, undoes deleting, copies and pastes", async () => {
    const made = await openCanvas();
    const { page } = made;
    const port = await page
      .getByTestId("block-welcome")
      .getByTestId("port-next")
      .locator(".port")
      .boundingBox();
    if (!port) throw new Error("the port is out of sight");
    await page.mouse.move(port.x + port.width / 2, port.y + port.height / 2);
    await page.mouse.down();
    await page.mouse.move(port.x + 40, port.y + 120, { steps: 8 });
    await page.mouse.up();
    await page.getByTestId("palette-search").fill("pause");
    await shot(page, "canvas-palette");
    await page.keyboard.press("Enter");
    await waitForCall("/api/save");
    const made1 = lastDocument();
    const block = made1.blocks?.at(-1);
    expect(made1.blocks?.[0]?.next?.block).toBe(block?.id);
    expect(block?.actions?.map((action) => action.kind)).toEqual(["delay"]);
    const blocks = made1.blocks?.length ?? 0;

    await page.getByTestId("delete-block").click();
    await waitForCall("/api/save", 2);
    expect(lastDocument().blocks).toHaveLength(blocks - 1);
    expect(lastDocument().blocks?.[0]?.next).toBeUndefined();
    await page.getByRole("button", { name: "Undo" }).last().click();
    await waitForCall("/api/save", 3);
    expect(lastDocument().blocks).toEqual(made1.blocks);

    await page.getByTestId("block-welcome").locator("header").click();
    await page.keyboard.press("Control+d");
    await waitForCall("/api/save", 4);
    expect(lastDocument().blocks).toHaveLength(blocks + 1);
    await expectClean(made);
  });

  it("turns a message into a question and wires a button by keyboard", async () => {
    const made = await openCanvas();
    const { page } = made;
    await page.getByTestId("action-hello").click();
    await page.getByTestId("wait-switch").check();
    await page.getByTestId("target-order").selectOption("sold_out");
    // Each of the two changes may be saved by itself.
    const saved = () => lastDocument().blocks?.[0]?.actions?.[0];
    await expect.poll(() => harness().calls.length > 0 && saved()?.exits?.order?.block).toBe("sold_out");
    const action = saved();
    expect(action?.kind).toBe("ask");
    expect(action?.options.buttons).toHaveLength(2);
    await shot(page, "canvas-question");
    await expectClean(made);
  });

  it("builds a condition from pickers", async () => {
    const made = await openCanvas();
    const { page } = made;
    await page.getByTestId("action-big").click();
    const condition = page.getByTestId("field-condition");
    await condition.getByTestId("field-right").fill("500");
    await condition.getByRole("button", { name: "Add a condition" }).click();
    await condition.getByRole("button", { name: "or", exact: true }).click();
    await condition.getByTestId("field-left").nth(1).fill("#{client.city}");
    await condition.getByTestId("field-right").nth(1).fill("New York");
    await shot(page, "canvas-condition");
    await expect
      .poll(() => harness().calls.length > 0 && JSON.stringify(lastDocument()))
      .toContain('#{total} >= 500 or #{client.city} = \\"New York\\"');
    await expectClean(made);
  });

  it("says what logic does in a sentence, and changes working hours by switches", async () => {
    const made = await openCanvas({ lang: "ru" });
    const { page } = made;
    const face = (action: string) => page.getByTestId(`action-${action}`).textContent();
    expect(await face("loop")).toContain("Для каждого piece");
    expect(await face("call")).toContain("Выполнить Address");
    expect(await face("by_chance")).toMatch(/A\s*75%.*B\s*25%/);
    expect(await face("by_value")).toMatch(/Our town.*Hamburg.*Иначе/);
    expect(await face("wait_morning")).toContain("Ждать до 10:00 через 1 день");
    await page.getByTestId("action-by_hours").dispatchEvent("click");
    const hours = page.getByTestId("field-hours");
    await hours.getByTestId("hours-mon").fill("10:00-19:00");
    await hours.getByLabel("Суббота", { exact: true }).check();
    expect(await hours.getByTestId("hours-sat").inputValue()).toBe("10:00-19:00");
    await hours.getByLabel("Понедельник", { exact: true }).uncheck();
    await shot(page, "canvas-working-hours");
    await page.getByTestId("field-mode").selectOption("wait");
    await expect.poll(() => page.getByTestId("port-by_hours/closed").count()).toBe(0);
    await waitForCall("/api/save");
    await expect
      .poll(() =>
        JSON.stringify(lastDocument().blocks?.find((block) => block.id === "logic")?.actions?.[0]?.options),
      )
      .toContain('"hours":{"sat":"10:00-19:00"}');
    await page.getByTestId("action-call").dispatchEvent("click");
    await page.getByTestId("field-scenario").selectOption("Large");
    await shot(page, "canvas-sub-scenario");
    await expect.poll(() => JSON.stringify(lastDocument())).toContain('"scenario":"Large"');
    await expectClean(made);
  });

  it("picks the entry that has the focus", async () => {
    const { page } = await openCanvas();
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await page.getByTestId("add-card").click();
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("INPUT");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    expect(await page.locator(".palette-entry").nth(1).textContent()).toBe(await focused());
    const kind = await page.evaluate(() => document.activeElement?.getAttribute("data-testid"));
    await page.keyboard.press("Enter");
    await waitForCall("/api/save");
    expect(`palette-${lastDocument().blocks?.at(-1)?.actions?.[0]?.kind}`).toBe(kind);

    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("textbox").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    expect(await page.locator(".palette-entry.active").textContent()).toBe(await focused());
  });

  it("offers to undo a deletion only while it is the newest change", async () => {
    const { page } = await openCanvas();
    await page.getByTestId("block-welcome").locator("header").click();
    await page.getByTestId("delete-block").click();
    const offer = page.locator(".toast-corner").getByRole("button", { name: "Undo" });
    // A toast under the pointer stays.
    await offer.hover();
    await page.getByTestId("undo").dispatchEvent("click");
    await page.getByTestId("block-welcome").waitFor();
    await expect.poll(() => offer.count()).toBe(0);
  });

  it("finds cards by keyboard and works in a hand", async () => {
    const made = await openCanvas({ lang: "ru", size: PHONE });
    const { page } = made;
    await page.keyboard.press("Control+k");
    await page.keyboard.type("спасибо");
    await page.getByRole("dialog").getByText("Ничего не найдено").waitFor();
    await page.getByRole("textbox", { name: "Найти карточку или текст…" }).fill("Thank");
    await page.keyboard.press("Enter");
    expect(await page.getByTestId("block-name").inputValue()).toBe("Thank you");
    await page.getByTestId("field-text").fill("Спасибо!");
    await waitForCall("/api/save");
    await shot(page, "canvas-phone");
    await expectClean(made);
  });

  it("shows names only from far away", async () => {
    const made = await openCanvas({ theme: "dark", scenario: "food-en" });
    const { page } = made;
    await page.getByRole("button", { name: "Show everything" }).click();
    await page.locator(".board-far").waitFor();
    await shot(page, "canvas-far");
    await expectClean(made);
  });

  it("opens a scenario of 540 cards, and types in it", async () => {
    const made = await open("/canvas?scenario=large");
    const { page } = made;
    await page.getByTestId("block-welcome0").waitFor({ timeout: 15_000 });
    await page.getByTestId("action-hello0").click();
    const field = page.getByTestId("field-text");
    await field.locator(".chip").waitFor();
    await field.press("Control+End");
    await field.pressSequentially("twenty more letters.");
    await page.getByTestId("block-welcome0").getByText("twenty more letters.").waitFor();
    expect(made.complaints).toEqual([]);
  });

  it("arranges the cards", async () => {
    const made = await openCanvas();
    const { page } = made;
    await page.getByTestId("arrange").click();
    await waitForCall("/api/save");
    const places = lastDocument().blocks?.map((block) => `${block.position?.x},${block.position?.y}`);
    expect(new Set(places).size).toBe(places?.length);
    await shot(page, "canvas-arranged");
    await expectClean(made);
  });
});

describe("pages", () => {
  it("keeps the text area true, and Ctrl+S submits after the question", async () => {
    const made = await open("/editor", { theme: "dark" });
    const { page } = made;
    const editor = page.getByRole("textbox", { name: "Code" });
    await editor.press("Control+End");
    await editor.pressSequentially("\n<p>new</p>");
    expect(await page.locator("#code").inputValue()).toContain("<p>new</p>");
    await shot(page, "editor");
    await editor.press("Control+s");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.waitForURL(/saved=1/);
    expect(new URL(page.url()).searchParams.get("code")).toContain("<p>new</p>");
    await expectClean(made);
  });

  it("remembers the theme", async () => {
    const made = await open("/editor");
    const { page } = made;
    const theme = () => page.evaluate(() => document.documentElement.dataset.bsTheme);
    expect(await theme()).toBe("light");
    await page.getByTestId("theme").click();
    expect(await theme()).toBe("dark");
    await page.reload();
    expect(await theme()).toBe("dark");
    await expectClean(made);
  });
});
