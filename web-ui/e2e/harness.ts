// Stands in for the server: the islands on plain pages, under the real content security policy, with an API
// that remembers what was sent. The journey uses the real server.

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finding } from "../canvas/boot.ts";
import type { Scenario } from "../canvas/document.ts";
import type { ChatMessage } from "../chat/messages.ts";
import type { Lang } from "./browser.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const readJson = (path: string): unknown => JSON.parse(readFileSync(here(path), "utf8"));

const NONCE = "harness-nonce";
const CSP =
  `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${NONCE}'; img-src 'self' data:; font-src 'self'; ` +
  "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'";

const TYPES: Record<string, string> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

const SCENARIOS: Record<string, string> = {
  all: "../../crates/engine/tests/fixtures/all-kinds.json",
  "food-en": "../../scenarios-examples/food-ordering/scenario.json",
  "food-ru": "../../scenarios-examples/food-ordering/scenario.ru.json",
};

export interface Harness {
  url: string;
  /** Every request to the API: `PUT /api/save` with its body. */
  calls: { method: string; path: string; body: unknown; csrf: string | undefined }[];
  /** What the API answers next, by path; without one it agrees. */
  answers: Map<string, { status: number; body: unknown }>;
  messages: ChatMessage[];
  findings: Finding[];
  close: () => Promise<void>;
}

export async function startHarness(): Promise<Harness> {
  const state: Omit<Harness, "url" | "close"> = { calls: [], answers: new Map(), messages: [], findings: [] };
  let revision = 1;
  const server = createServer((request, response) => {
    void handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://harness");
    if (url.pathname.startsWith("/assets/")) return asset(url.pathname.slice("/assets/".length), response);
    if (url.pathname.startsWith("/api/")) return api(request, response, url);
    if (url.pathname.startsWith("/files/")) return asset("assets/icon.svg", response);
    const html = page(url);
    const headers: Record<string, string> = { "Content-Type": "text/html; charset=utf-8" };
    // Mini apps come from another listener, with rules of their own.
    if (url.pathname !== "/app") headers["Content-Security-Policy"] = CSP;
    response.writeHead(html ? 200 : 404, headers);
    response.end(html);
  }

  async function api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const text = await readBody(request);
    const body: unknown = text.startsWith("{") ? JSON.parse(text) : text;
    const csrf = request.headers["x-csrf-token"];
    if (request.method !== "GET") {
      state.calls.push({ method: request.method ?? "", path: url.pathname, body, csrf: String(csrf ?? "") });
    }
    const asked = state.answers.get(url.pathname);
    state.answers.delete(url.pathname);
    if (asked) return json(response, asked.status, asked.body);
    switch (url.pathname) {
      case "/api/save":
        revision += 1;
        return json(response, 200, { revision, findings: state.findings });
      case "/api/people":
        return json(response, 200, { blocks: [] });
      case "/api/publish":
        return json(response, 200, { number: 7 });
      case "/api/messages": {
        const after = Number(url.searchParams.get("after") ?? 0);
        return json(response, 200, { messages: state.messages.filter((message) => message.id > after) });
      }
      case "/api/send":
        return json(response, 202, {});
      default:
        return json(response, 404, {});
    }
  }

  function page(url: URL): string {
    const lang: Lang = url.searchParams.get("lang") === "ru" ? "ru" : "en";
    switch (url.pathname) {
      case "/canvas": {
        const boot = JSON.stringify(bootOf(lang, url.searchParams.get("scenario") ?? "all", state.findings));
        return layout(
          lang,
          '<link rel="stylesheet" href="/assets/canvas.css?v=1">',
          `<main><h1 class="visually-hidden">Canvas</h1><div id="canvas"></div></main>
          <script type="application/json" id="canvas-boot">${boot.replaceAll("<", "\\u003c")}</script>
          <script type="module" src="/assets/canvas.js?v=1"></script>`,
        );
      }
      case "/chat":
        return layout(
          lang,
          '<link rel="stylesheet" href="/assets/chat.css?v=1">',
          `<main class="page-body"><div class="container-xl"><h1 class="page-title mb-3">Chat</h1>
          <div class="card chat" id="chat" data-messages="/api/messages" data-send="/api/send" data-csrf="secret"></div>
          </div></main><script type="module" src="/assets/chat.js?v=1"></script>`,
        );
      case "/editor":
        return layout(
          lang,
          "",
          `<main class="page-body"><div class="container-xl"><h1 class="page-title mb-3">Editor</h1>
          <form class="card card-body" action="/editor" method="get" data-confirm="Really save?" data-confirm-yes="Save">
          <input type="hidden" name="saved" value="1">
          <label class="form-label" for="code">Code</label>
          <textarea id="code" name="code" data-code="html">&lt;!doctype html&gt;
&lt;title&gt;Menu&lt;/title&gt;
&lt;script&gt;
  const answer = { price: 42, name: "Pizza" }; // a remark
&lt;/script&gt;</textarea>
          <div class="btn-list mt-3"><button class="btn btn-primary" type="submit" data-testid="save">Save</button>
          <button class="btn" type="button" data-copy="text">Copy</button>
          <button class="btn btn-icon" type="button" data-theme-next aria-label="Theme" data-testid="theme"></button></div>
          </form>
          </div></main>
          <script type="module" src="/assets/editor.js?v=1"></script>`,
        );
      case "/app":
        return "<!doctype html><title>App</title><h1>Mini app</h1>";
      default:
        return "";
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...state,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function documentOf(scenario: string): Scenario {
  if (scenario === "large") return largeDocument();
  return readJson(SCENARIOS[scenario] ?? "") as Scenario;
}

/** The same cards again and again, in rows: as many as the largest bots have. */
function largeDocument(): Scenario {
  const base = documentOf("all");
  const text = JSON.stringify(base.blocks);
  const copies = Array.from({ length: 60 }, (_, copy) => {
    const renamed = text.replace(
      /"(id|block)":"(\w+)"/g,
      (_all, key: string, id: string) => `"${key}":"${id}${copy}"`,
    );
    return JSON.parse(renamed) as NonNullable<Scenario["blocks"]>;
  });
  const blocks = copies.flat().map((block, index) => ({
    ...block,
    position: { x: (index % 30) * 400, y: Math.floor(index / 30) * 700 },
  }));
  return { format: base.format, name: "Large", blocks };
}

function bootOf(lang: Lang, scenario: string, findings: Finding[]): unknown {
  const document = documentOf(scenario);
  return {
    scenario: { id: 1, name: document.name, revision: 1, document, published_number: 3 },
    catalog: readJson(`../generated/catalog.${lang}.json`),
    findings,
    lang,
    lists: [
      { name: "products", columns: ["title", "price", "stock"].map((name) => ({ name, type: "text" })) },
      { name: "orders", columns: ["client", "total", "note"].map((name) => ({ name, type: "text" })) },
      { name: "menu", columns: ["title", "price", "available"].map((name) => ({ name, type: "text" })) },
    ],
    mini_apps: ["shop"],
    scenarios: ["Address", "Large"],
    globals: ["rate"],
    webhooks: [
      { trigger: "hook", bot_name: "Test", url: "https://bots.example.com/webhook/0123456789abcdef" },
    ],
    urls: {
      save: "/api/save",
      publish: "/api/publish",
      people: "/api/people",
      files: "/api/files",
      file_pages: "/api/file-pages",
      test: "/chat",
      settings: "/settings",
      sign_in: "/sign-in",
    },
    csrf: "secret",
  };
}

// Entries carry a version as the real pages have them: a chunk that imported one would load it twice.
function layout(lang: Lang, head: string, body: string): string {
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Harness</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="csrf-token" content="secret"><meta name="csp-nonce" content="${NONCE}">
  <link rel="icon" href="/assets/assets/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/assets/app.css?v=1"><script src="/assets/theme.js?v=1"></script>
  <script type="module" src="/assets/app.js?v=1"></script>${head}</head><body><div class="page">
  <aside class="navbar navbar-vertical navbar-expand-lg"><div class="container-fluid">
  <a class="navbar-brand" href="/">Scenaria</a></div></aside>
  <div class="page-wrapper">${body}</div></div></body></html>`;
}

function asset(path: string, response: ServerResponse): void {
  try {
    const file = readFileSync(here(`../dist/${path}`));
    response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(file);
  } catch {
    response.writeHead(404).end();
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part as Uint8Array);
  return Buffer.concat(parts).toString("utf8");
}
