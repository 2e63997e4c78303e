// The browser of the journeys: system Chromium, strict about the console and the content security policy.

import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

export type Lang = "en" | "ru";
export type Theme = "light" | "dark";

export const WIDE = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

const screenshots = fileURLToPath(new URL("./screenshots/", import.meta.url));

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Chromium refuses its sandbox to root, which is what containers run as.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** What the console and the policy complained of; a test ends with none. */
  complaints: string[];
}

export interface VisitOptions {
  lang: Lang;
  theme: Theme;
  size?: { width: number; height: number };
  /** Complaints that a test provokes. */
  expected?: RegExp;
}

export async function visit(
  browser: Browser,
  { lang, theme, size = WIDE, expected }: VisitOptions,
): Promise<Visit> {
  const context = await browser.newContext({
    locale: lang === "ru" ? "ru-RU" : "en-US",
    colorScheme: theme,
    viewport: size,
    hasTouch: size.width < 600,
    reducedMotion: "reduce",
  });
  const complaints: string[] = [];
  const complain = (text: string) => {
    if (!expected?.test(text)) complaints.push(text);
  };
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      complain(`${message.text()} (${message.location().url})`);
    }
  });
  context.on("weberror", (error) => complain(String(error.error().stack)));
  // Some violations reach no console.
  await context.exposeFunction("reportViolation", complain);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const report = (window as unknown as { reportViolation: (text: string) => void }).reportViolation;
      report(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  const page = await context.newPage();
  return { context, page, complaints };
}

export async function shot(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: `${screenshots}${name}.png` });
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResult {
  violations: {
    id: string;
    impact: string;
    help: string;
    nodes: { html: string; failureSummary: string }[];
  }[];
}

/** Serious and critical violations of the page, each as a readable line. */
export async function accessibility(page: Page): Promise<string[]> {
  // Through the protocol, which the page's policy does not bind.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run(document, { resultTypes: ["violations"] }).then(JSON.stringify)`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  const { violations } = JSON.parse(String(result.value)) as AxeResult;
  return violations
    .filter((violation) => violation.impact === "serious" || violation.impact === "critical")
    .flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)} | ${node.failureSummary}`),
    );
}
