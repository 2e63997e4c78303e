// What the journeys stand on: a browser for a file of tests; for each test the island pages or the real server.

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { accessibility, launch, type Visit, type VisitOptions, visit } from "./browser.ts";
import { type Harness, startHarness } from "./harness.ts";
import { type Server, startServer } from "./server.ts";

function withBrowser(): () => Browser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  return () => browser;
}

export interface ServerStage {
  /** Address of the admin pages. */
  url: () => string;
  visit: (options: VisitOptions) => Promise<Visit>;
}

/** A browser, and a server of its own for each test. */
export function withServer(): ServerStage {
  const browser = withBrowser();
  let server: Server;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server.stop());
  return { url: () => server.url, visit: (options) => visit(browser(), options) };
}

export interface HarnessStage {
  harness: () => Harness;
  open: (path: string, options?: Partial<VisitOptions>) => Promise<Visit>;
}

/** A browser, and the island pages without the server for each test. */
export function withHarness(): HarnessStage {
  const browser = withBrowser();
  let harness: Harness;
  let visits: Visit[] = [];
  beforeEach(async () => {
    harness = await startHarness();
  });
  afterEach(async () => {
    for (const { context } of visits) await context.close();
    visits = [];
    await harness.close();
  });
  const open: HarnessStage["open"] = async (path, options = {}) => {
    const made = await visit(browser(), { lang: "en", theme: "light", ...options });
    visits.push(made);
    const url = new URL(path, harness.url);
    url.searchParams.set("lang", options.lang ?? "en");
    await made.page.goto(url.href);
    return made;
  };
  return { harness: () => harness, open };
}

/** Fills the form of a new server in, and sends it. */
export async function fillInSetUp(page: Page): Promise<void> {
  const form = page.getByTestId("setup-form");
  await form.locator('[name="name"]').fill("Ada");
  await form.locator('[name="email"]').fill("ada@example.com");
  await form.locator('[name="password"]').fill("correct horse battery");
  await form.locator('[type="submit"]').click();
  await page.getByTestId("demo-bot").waitFor();
}

export async function expectClean({ page, complaints }: Visit): Promise<void> {
  expect(await accessibility(page)).toEqual([]);
  expect(complaints).toEqual([]);
}
