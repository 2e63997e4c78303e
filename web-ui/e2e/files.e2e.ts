// Files with the real server: uploaded on their page, shown, sent from a message, deleted.

import { describe, expect, it } from "vitest";
import { accessibility, type Lang, PHONE, shot, type Theme, WIDE } from "./browser.ts";
import { fillInSetUp, withServer } from "./stage.ts";

const LOOKS: { lang: Lang; theme: Theme; size: typeof WIDE }[] = [
  { lang: "ru", theme: "light", size: WIDE },
  { lang: "en", theme: "dark", size: PHONE },
];

/** A picture of one pixel. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);

const server = withServer();

describe.each(LOOKS)("in $lang, $theme", ({ lang, theme, size }) => {
  it("keeps files, and lets a message send one", { timeout: 240_000 }, async () => {
    const picture = "Меню, лето 50%.png";
    const { page, context, complaints } = await server.visit({ lang, theme, size });
    await page.goto(server.url());
    await fillInSetUp(page);
    await page.goto(`${server.url()}/files`);
    await page.locator("#file").setInputFiles([
      { name: picture, mimeType: "image/png", buffer: PIXEL },
      { name: "price.pdf", mimeType: "text/html", buffer: Buffer.from("%PDF-1.4") },
    ]);
    await page.getByTestId("files-form").locator('[type="submit"]').click();
    const row = page.getByTestId("file").filter({ hasText: picture });
    await row.waitFor();
    const shown = row.locator("img");
    await expect.poll(() => shown.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(1);
    expect(await row.locator("input").first().inputValue()).toBe(`file:${picture}`);
    expect(await row.locator("input").last().inputValue()).toMatch(/\/files\/[0-9a-f]{32}\//);
    await shot(page, `files-${lang}`);
    expect(await accessibility(page)).toEqual([]);
    await page.goto(`${server.url()}/`);

    await page.getByTestId("demo-scenario").click();
    await page.getByTestId("block-welcome").waitFor();
    await page.getByTestId("action-hello").click();
    const files = page.getByTestId("field-media");
    await files.evaluate((box) => box.closest("details")?.setAttribute("open", ""));
    await files.getByRole("button").last().click();
    await page.getByTestId("choose-file").press("Enter");
    const dialog = page.getByTestId("files-dialog");
    await dialog.getByTestId("file-entry").first().waitFor();
    await page.getByTestId("upload-input").setInputFiles({
      name: "Новый.png",
      mimeType: "image/png",
      buffer: PIXEL,
    });
    // What was uploaded is chosen, and stands in the list from then on.
    await dialog.waitFor({ state: "detached" });
    const field = page.getByTestId("field-file");
    await expect.poll(() => field.textContent()).toBe("file:Новый.png");
    await page.getByTestId("choose-file").press("Enter");
    await dialog.getByTestId("file-entry").nth(2).waitFor();
    await shot(page, `files-picker-${lang}`);
    expect(await accessibility(page)).toEqual([]);
    await dialog.getByRole("button", { name: picture }).press("Enter");
    await dialog.waitFor({ state: "detached" });
    await expect.poll(() => field.textContent()).toBe(`file:${picture}`);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe(
      "choose-file",
    );
    await page.keyboard.press("Enter");
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await field.textContent()).toBe(`file:${picture}`);
    await shot(page, `files-field-${lang}`);
    await expect.poll(() => page.getByTestId("save-state").getAttribute("data-state")).toBe("saved");

    await page.goto(`${server.url()}/files`);
    for (const _ of [1, 2, 3]) {
      await page.getByTestId("file").first().locator(".btn-ghost-danger").click();
      await page.getByTestId("confirm-form").locator('[type="submit"]').click();
    }
    await page.locator(".empty-title").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
