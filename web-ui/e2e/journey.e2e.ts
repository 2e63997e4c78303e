// The first hour of a new owner with the real server: set-up, the demo bot, a pizza, a text changed on the
// canvas, published, and there it is. Then every page, looked at in both sizes and themes.

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { accessibility, type Lang, PHONE, shot, type Theme, type Visit, WIDE } from "./browser.ts";
import { fillInSetUp, withServer } from "./stage.ts";

interface Words {
  menu: string;
  pizza: RegExp;
  checkOut: string;
  address: string;
  confirm: string;
  thanks: RegExp;
  app: string;
  sent: RegExp;
  fromApp: string;
  changed: string;
}

const WORDS: Record<Lang, Words> = {
  en: {
    menu: "Menu",
    pizza: /^Pepperoni/,
    checkOut: "Check out",
    address: "5 Main Street",
    confirm: "Yes, please",
    thanks: /Thank you/,
    app: "Order in the app",
    sent: /Done!/,
    fromApp: "From the app:",
    changed: "Good evening! Pizza is ready in half an hour.",
  },
  ru: {
    menu: "Меню",
    pizza: /^Пепперони/,
    checkOut: "Оформить",
    address: "Тверская, 1",
    confirm: "Да, печём",
    thanks: /Спасибо/,
    app: "Заказать в приложении",
    sent: /Готово/,
    fromApp: "Из приложения:",
    changed: "Добрый вечер! Пицца будет через полчаса.",
  },
};

const JOURNEYS: { lang: Lang; theme: Theme; size: typeof WIDE; name: string }[] = [
  { lang: "ru", theme: "light", size: WIDE, name: "wide" },
  { lang: "en", theme: "dark", size: PHONE, name: "phone" },
];

const server = withServer();

describe.each(JOURNEYS)("in $lang, $theme, $name", ({ lang, theme, size, name }) => {
  it("leads from nothing to a changed bot", { timeout: 480_000 }, async () => {
    const words = WORDS[lang];
    const made = await server.visit({ lang, theme, size });
    const { page } = made;
    const faults: string[] = [];
    const look = async (step: string) => {
      faults.push(...(await faultsOf(made, `journey-${lang}-${theme}-${name}-${step}`)));
    };

    await page.goto(server.url());
    await look("1-set-up");
    await fillInSetUp(page);
    expect(await page.locator("html").getAttribute("lang")).toBe(lang);
    await look("2-home");

    await page.getByTestId("demo-bot").click();
    await page.getByTestId("chat-start").click();
    const press = (label: string | RegExp) =>
      page.getByTestId("chat-messages").getByRole("button", { name: label }).last().click();
    await press(words.menu);
    await press(words.pizza);
    await press(/^2$/);
    await press(words.checkOut);
    await answerWhenAsked(page, words.address, 5);
    await answerWhenAsked(page, "+79001112233", 6);
    await press(words.confirm);
    await page.getByTestId("chat-out").filter({ hasText: words.thanks }).waitFor();
    await look("3-order");

    const home = page.url();
    await page.goto(server.url());
    await page.getByTestId("demo-scenario").click();
    await page.getByTestId("block-welcome").waitFor();
    await look("4-canvas");
    await page.getByTestId("action-hello").click();
    const field = page.getByTestId("field-text");
    await field.locator(".chip").waitFor();
    await field.fill(words.changed);
    await look("5-text");
    await page.getByTestId("publish").click();
    await page.getByTestId("save-state").and(page.locator('[data-state="saved"]')).waitFor();
    await page.locator(".toast-success").waitFor();
    await look("6-published");

    await page.goto(home);
    await page.getByTestId("chat-start").click();
    await page.getByTestId("chat-out").filter({ hasText: words.changed }).waitFor();
    await look("7-changed");
    await page.getByTestId("chat-messages").getByRole("button", { name: words.app }).last().click();
    const app = page.frameLocator("iframe");
    await app.getByRole("button", { name: /^\+/ }).first().click();
    await shot(page, `journey-${lang}-${theme}-${name}-8-app`);
    await app.locator("#order").click();
    await app.getByText(words.sent).waitFor();
    await page.locator(".phone-dialog .tool").click();
    await page.getByTestId("chat-out").filter({ hasText: words.fromApp }).waitFor();

    for (const path of await pages(page)) {
      await page.goto(server.url() + path);
      const step = `page${path.replaceAll("/", "-")}`;
      await look(step);
      await page.setViewportSize(size === WIDE ? PHONE : WIDE);
      await page.emulateMedia({ colorScheme: theme === "light" ? "dark" : "light" });
      await faded(page);
      await look(`${step}-other`);
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: theme });
    }
    await made.context.close();
    expect([...faults, ...made.complaints]).toEqual([]);
  });
});

/** The chat shows the question a moment after the answer before it. */
async function answerWhenAsked(page: Page, text: string, atLeast: number): Promise<void> {
  await expect
    .poll(() => page.getByTestId("chat-out").count(), { timeout: 15_000 })
    .toBeGreaterThanOrEqual(atLeast);
  await page.getByTestId("chat-input").fill(text);
  await page.getByTestId("chat-input").press("Enter");
}

/** Tabler fades from one theme to the other; how long that takes is up to the machine. */
async function faded(page: Page): Promise<void> {
  await page.waitForTimeout(400);
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const fading = () => document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    // A theme that a script applies begins to fade a frame later.
    await frame();
    await frame();
    while (fading().length > 0) {
      await Promise.allSettled(fading().map((animation) => animation.finished));
      await frame();
    }
  });
}

/** What is wrong with the page as it stands; a screenshot is kept. */
async function faultsOf({ page, complaints }: Visit, name: string): Promise<string[]> {
  await page.waitForLoadState("networkidle").catch(() => undefined);
  await shot(page, name);
  const { wide, seen } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    seen: document.documentElement.clientWidth,
  }));
  const sideways = wide > seen ? [`scrolls sideways: ${wide} > ${seen}`] : [];
  const faults = [...(await accessibility(page)), ...complaints.splice(0), ...sideways];
  return faults.map((fault) => `${name}: ${fault}`);
}

/** Every page that a link of the menu leads to, and one step further. */
async function pages(page: Page): Promise<string[]> {
  const found = new Set<string>();
  const collect = async (root: string) => {
    const links = await page
      .locator(`${root} a[href^="/"]`)
      .evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
    for (const link of links) found.add(link.replace(/[?#].*$/, ""));
  };
  await page.goto(`${server.url()}/`);
  await collect("nav, aside");
  for (const path of [...found]) {
    await page.goto(server.url() + path);
    await collect("main");
    await collect(".page-header");
  }
  // One of a kind is enough: /lists/1 stands for every list.
  const kinds = new Map([...found].sort().map((path) => [path.replace(/\d+/g, "1"), path]));
  return [...kinds.values()].filter((path) => !/^\/api\/|\/(export|download|test)$/.test(path));
}
