// A message in the chat: its text with marks, its time, its buttons.

import { iconElement } from "../icons/svg.ts";
import type { ChatMessage, Choice, Span } from "./messages.ts";
import { card, file, place } from "./parts.ts";
import { t } from "./texts.ts";

export function bubble(message: ChatMessage, press: (choice: Choice) => void): HTMLElement {
  const item = document.createElement("li");
  item.className = `chat-message chat-${message.direction}`;
  item.dataset.id = String(message.id);
  item.dataset.testid = `chat-${message.direction}`;
  const box = document.createElement("div");
  box.className = "chat-bubble";
  const text = words(message.spans);
  if (message.text_above) box.append(...text);
  for (const one of message.media ?? []) box.append(file(one));
  if (message.location) box.append(place(message.location));
  if (message.contact) box.append(card(message.contact));
  if (!message.text_above) box.append(...text);
  box.append(time(message));
  item.append(box);
  if (message.choices && message.placement !== "keyboard") item.append(...rows(message.choices, press));
  return item;
}

export function rows(choices: Choice[][], press: (choice: Choice) => void): HTMLElement[] {
  return choices.map((row) => {
    const line = document.createElement("div");
    line.className = "chat-row";
    line.append(...row.map((choice) => choiceButton(choice, press)));
    return line;
  });
}

const KIND_ICONS: Partial<Record<Choice["kind"], string>> = {
  url: "external-link",
  mini_app: "app-window",
  contact: "phone",
  location: "map-pin",
  users: "user-search",
  chat: "users",
  poll: "list-check",
  copy: "copy",
  inline: "at",
};

function choiceButton(choice: Choice, press: (choice: Choice) => void): HTMLElement {
  const icon = KIND_ICONS[choice.kind];
  const label = document.createElement("span");
  label.textContent = choice.label;
  if (choice.kind === "url" && choice.url) {
    const link = document.createElement("a");
    link.className = "chat-choice";
    link.href = safeUrl(choice.url);
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.append(label);
    if (icon) link.append(iconElement(icon));
    return link;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chat-choice";
  button.append(label);
  if (icon) button.append(iconElement(icon));
  button.addEventListener("click", () => press(choice));
  return button;
}

/** The text; what is quoted in a row is one block, and so are lines of code. */
function words(spans: Span[]): Node[] {
  return blocks(spans, "quote", "blockquote", (quoted) =>
    blocks(quoted, "pre", "pre", (ones) => ones.map(span)),
  );
}

/** Gathers the spans with this mark into elements, and makes nodes of the rest and of what is inside. */
function blocks(
  spans: Span[],
  mark: "quote" | "pre",
  tag: "blockquote" | "pre",
  inside: (spans: Span[]) => Node[],
): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < spans.length; ) {
    const is = spans[at]?.m?.[mark] ?? false;
    const next = spans.findIndex((one, index) => index > at && (one.m?.[mark] ?? false) !== is);
    const run = spans.slice(at, next < 0 ? undefined : next);
    if (is) {
      const block = document.createElement(tag);
      block.append(...inside(run));
      nodes.push(block);
    } else {
      nodes.push(...inside(run));
    }
    at += run.length;
  }
  return nodes;
}

const TAGS = { bold: "b", italic: "i", underline: "u", strike: "s", code: "code" } as const;

function span({ t: text, m = {}, l }: Span): Node {
  let node: Node = document.createTextNode(text);
  for (const [mark, tag] of Object.entries(TAGS)) {
    // In a block of code there are no other marks.
    if (m.pre || !m[mark as keyof typeof TAGS]) continue;
    const wrap = document.createElement(tag);
    wrap.append(node);
    node = wrap;
  }
  if (m.spoiler) node = spoiler(node);
  if (l) {
    const link = document.createElement("a");
    link.href = safeUrl(l);
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.append(node);
    node = link;
  }
  return node;
}

function spoiler(inside: Node): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chat-spoiler";
  button.setAttribute("aria-label", t("spoiler"));
  const words = document.createElement("span");
  words.append(inside);
  button.append(words);
  button.addEventListener("click", () => {
    button.classList.add("shown");
    button.removeAttribute("aria-label");
  });
  return button;
}

/** Only addresses that a messenger would open. */
export function safeUrl(url: string): string {
  return /^(https?:|mailto:|tel:|tg:)/i.test(url)
    ? url
    : `https://${url.replace(/^[a-z][a-z0-9+.-]*:/i, "")}`;
}

function time({ at, edited }: ChatMessage): HTMLElement {
  const moment = new Date(at);
  const shown = document.createElement("time");
  shown.className = "chat-time";
  shown.dateTime = moment.toISOString();
  shown.title = moment.toLocaleString(document.documentElement.lang);
  const clock = moment.toLocaleTimeString(document.documentElement.lang, {
    hour: "2-digit",
    minute: "2-digit",
  });
  shown.textContent = edited ? `${t("edited")} ${clock}` : clock;
  return shown;
}
