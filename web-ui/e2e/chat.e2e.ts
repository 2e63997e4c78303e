// The test chat under the real content security policy, without the server: what it sends, what it shows.

import { describe, expect, it } from "vitest";
import { accessibility, PHONE, shot } from "./browser.ts";
import { expectClean, withHarness } from "./stage.ts";

const { harness, open } = withHarness();

describe("test chat", () => {
  const message = (id: number, text: string) => ({
    id,
    at: 1_700_000_000_000,
    direction: "out" as const,
    spans: [{ t: text }],
  });

  it("shows what comes and sends what is typed and pressed", async () => {
    const made = await open("/chat", { lang: "ru" });
    const { page } = made;
    await page.getByTestId("chat-input").fill("Привет");
    await page.keyboard.press("Enter");
    await expect
      .poll(() => harness().calls.at(-1))
      .toMatchObject({ path: "/api/send", body: { text: "Привет" }, csrf: "secret" });
    harness().messages.push(
      { id: 1, at: Date.now(), direction: "in", spans: [{ t: "Привет" }] },
      {
        ...message(2, "Выберите "),
        spans: [
          { t: "Выберите " },
          { t: "пиццу", m: { bold: true } },
          { t: " на сайте", l: "https://example.com/" },
          { t: "или ", m: { quote: true } },
          { t: "как вчера", m: { quote: true, bold: true } },
          { t: "код 42", m: { pre: true } },
        ],
        choices: [
          [
            { label: "Маргарита", kind: "reply", token: "~1.1.1.a.b" },
            { label: "Пепперони", kind: "reply", token: "~1.1.1.a.c" },
          ],
          [{ label: "Меню", kind: "mini_app", url: "/app" }],
        ],
      },
    );
    await page.getByRole("button", { name: "Пепперони" }).click();
    await expect.poll(() => harness().calls.at(-1)?.body).toEqual({ token: "~1.1.1.a.c" });
    // What is quoted is one block, whatever is marked inside.
    expect(await page.locator(".chat-bubble blockquote").allTextContents()).toEqual(["или как вчера"]);
    expect(await page.locator(".chat-bubble pre").textContent()).toBe("код 42");
    expect(await page.getByRole("link", { name: "на сайте" }).getAttribute("rel")).toContain("noopener");
    await page.getByRole("button", { name: "Меню" }).click();
    await page.frameLocator("iframe").getByText("Mini app").waitFor();
    await shot(page, "chat-app");
    await page.getByRole("button", { name: "Закрыть" }).click();
    harness().messages.push({
      ...message(3, "Ваш телефон?"),
      placement: "keyboard",
      choices: [[{ label: "Отправить номер", kind: "contact" }]],
    });
    await page.getByRole("button", { name: "Отправить номер" }).click();
    await page.getByTestId("phone").fill("+79001112233");
    await page.getByTestId("phone-share").click();
    await expect.poll(() => harness().calls.at(-1)?.body).toEqual({ contact: "+79001112233" });
    await shot(page, "chat");
    harness().messages.push(message(4, "Спасибо!"));
    await expect.poll(() => page.getByRole("button", { name: "Отправить номер" }).count()).toBe(0);
    await expectClean(made);
  });

  it.each([
    { kind: "users", label: "Pick friends", request: 3, picked: "1001 Boris @boris, 1002" },
    { kind: "chat", label: "Pick a channel", request: 4, picked: "-1001 My channel @mine" },
    { kind: "poll", label: "Make a poll", request: 5, picked: "Tea? | Yes | *No" },
  ] as const)("lets $kind be picked", async ({ kind, label, request, picked }) => {
    const made = await open("/chat", { theme: "dark", size: PHONE });
    const { page } = made;
    harness().messages.push({
      ...message(1, "Your turn"),
      placement: "keyboard",
      choices: [[{ label, kind, request }]],
    });
    await page.getByRole("button", { name: label }).click();
    await page.getByTestId("picked").waitFor();
    await shot(page, `chat-pick-${kind}`);
    expect(await accessibility(page)).toEqual([]);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: label }).click();
    await page.getByTestId("picked").fill(picked);
    await page.getByTestId("pick-share").click();
    await expect.poll(() => harness().calls.at(-1)?.body).toEqual({ picked: `@${kind} ${picked}`, request });
    await expectClean(made);
  });

  it("changes and deletes messages where they stand, and sends places and files", async () => {
    const made = await open("/chat");
    const { page } = made;
    harness().messages.push(
      {
        ...message(1, "Menu"),
        media: [{ kind: "file", url: "https://example.com/menu.pdf", name: "menu.pdf" }],
        choices: [[{ label: "Ham", kind: "reply", token: "~1" }]],
      },
      { ...message(2, ""), location: { latitude: 55.75, longitude: 37.5, title: "Here" } },
      {
        ...message(3, "Where are you?"),
        placement: "keyboard",
        keyboard: { placeholder: "Press the button" },
        choices: [[{ label: "Send my place", kind: "location" }]],
      },
    );
    await page.getByRole("link", { name: "menu.pdf" }).waitFor();
    await page.getByRole("link", { name: "Here (55.75, 37.5)" }).waitFor();
    expect(await page.getByTestId("chat-input").getAttribute("placeholder")).toBe("Press the button");
    await page.getByRole("button", { name: "Send my place" }).click();
    await page.getByTestId("latitude").fill("41.5");
    await page.getByTestId("place-share").click();
    await expect
      .poll(() => harness().calls.at(-1)?.body)
      .toMatchObject({ latitude: 41.5, longitude: expect.any(Number) });
    await page.getByTestId("chat-attach").click();
    await page.getByTestId("file-address").fill("https://example.com/me.jpg");
    await page.getByTestId("file-share").click();
    await expect
      .poll(() => harness().calls.at(-1)?.body)
      .toEqual({ file: "https://example.com/me.jpg", file_kind: "photo", caption: "" });
    const changed = [
      {
        ...message(1, "New menu"),
        edited: true,
        choices: [[{ label: "✅ Ham", kind: "reply", token: "~1" }]],
      },
    ];
    const body = { messages: [], changed, deleted: [2], changed_at: 5 };
    harness().answers.set("/api/messages", { status: 200, body });
    await page.getByRole("button", { name: "✅ Ham" }).waitFor();
    await page.getByText("New menu").waitFor();
    expect(await page.getByTestId("chat-out").count()).toBe(2);
    expect(await page.getByText("Here (55.75, 37.5)").count()).toBe(0);
    await expectClean(made);
  });

  it("shows files of the workspace, and says which is not there", async () => {
    const made = await open("/chat");
    const { page } = made;
    harness().messages.push({
      ...message(1, "Menu"),
      media: [
        { kind: "photo", url: "/files/menu.jpg/content", name: "menu.jpg" },
        { kind: "file", url: "/files/prices.pdf/content", name: "prices.pdf" },
        { kind: "video", name: "old.mp4", missing: true },
      ],
    });
    const picture = page.getByRole("img", { name: "menu.jpg" });
    await picture.waitFor();
    await expect
      .poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth))
      .toBeGreaterThan(0);
    const link = page.getByRole("link", { name: "prices.pdf" });
    expect(await link.getAttribute("href")).toBe("/files/prices.pdf/content");
    await page.getByText("old.mp4. There is no such file").waitFor();
    await expectClean(made);
  });

  it("says when the server is away", async () => {
    const made = await open("/chat", { expected: /ERR_|Failed to load|503/, size: PHONE, theme: "dark" });
    const { page } = made;
    harness().answers.set("/api/messages", { status: 503, body: {} });
    await page.getByText("No connection to the server").waitFor();
    harness().messages.push(message(1, "Back again ".repeat(60)));
    await page.getByText("Back again").first().waitFor();
    await shot(page, "chat-phone");
    await expectClean(made);
  });
});
