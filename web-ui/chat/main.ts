// The test chat: makes the page's plain form live. Mounts on `#chat` with `data-messages` and `data-send`.

import "../styles/chat.css";
import { csrfToken } from "../app/csrf.ts";
import { toast } from "../app/toast.ts";
import { iconElement } from "../icons/svg.ts";
import { bubble, rows } from "./bubble.ts";
import { askFile, askPhone, askPicked, askPlace, openApp } from "./dialogs.ts";
import {
  type ChatMessage,
  type Choice,
  Conversation,
  type Input,
  type KeyboardOptions,
  type News,
} from "./messages.ts";
import { t } from "./texts.ts";

/** Keys that ask for something: the keyboard goes away after them, as it does in a messenger. */
const REQUESTS: ReadonlySet<Choice["kind"]> = new Set(["contact", "location", "users", "chat", "poll"]);

class Chat {
  readonly #list = element("ol", "chat-messages list-unstyled");
  readonly #empty = element("p", "chat-empty");
  readonly #latest = element("button", "chat-latest btn btn-icon");
  readonly #keyboard = element("div", "chat-keyboard");
  /** What the keyboard shows. */
  #keys: Choice[][] = [];
  readonly #field = element("textarea", "form-control");
  readonly #offline = element("div", "chat-offline");
  readonly #conversation: Conversation;

  constructor(readonly root: HTMLElement) {
    this.#conversation = new Conversation(
      {
        messages: root.dataset.messages ?? "",
        send: root.dataset.send ?? "",
        csrf: root.dataset.csrf ?? csrfToken(),
      },
      (news) => this.#take(news),
      (text) => toast(text),
      (is) => {
        this.#offline.hidden = !is;
      },
    );
    this.#build();
    this.#conversation.start();
  }

  #build(): void {
    this.#list.dataset.testid = "chat-messages";
    this.#empty.textContent = t("empty");
    this.#offline.textContent = t("offline");
    this.#offline.hidden = true;
    this.#latest.type = "button";
    this.#latest.setAttribute("aria-label", t("to-latest"));
    this.#latest.append(iconElement("arrow-down"));
    this.#latest.hidden = true;
    this.#latest.addEventListener("click", () => this.#toLatest());
    this.#list.addEventListener("scroll", () => {
      if (this.#isAtEnd()) this.#latest.hidden = true;
    });
    // A keyboard user scrolls the list itself.
    this.#list.tabIndex = 0;
    this.#keyboard.hidden = true;
    this.#keyboard.setAttribute("role", "group");
    this.#keyboard.setAttribute("aria-label", t("keyboard"));
    const body = element("div", "chat-body");
    body.setAttribute("role", "log");
    body.append(this.#offline, this.#empty, this.#list, this.#latest);
    this.root.replaceChildren(body, this.#composer(), this.#keyboard);
    this.root.classList.add("chat-live");
  }

  #composer(): HTMLElement {
    const form = element("form", "chat-form");
    const start = element("button", "btn btn-icon");
    start.type = "button";
    start.title = t("start-over");
    start.setAttribute("aria-label", t("start-over"));
    start.dataset.testid = "chat-start";
    start.append(iconElement("refresh"));
    start.addEventListener("click", () => void this.#send({ text: "/start" }));
    const field = this.#field;
    field.id = "chat-input";
    field.rows = 1;
    field.maxLength = 4096;
    field.placeholder = t("write-message");
    field.setAttribute("aria-label", t("write-message"));
    field.dataset.testid = "chat-input";
    field.addEventListener("input", () => grow(field));
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    const send = element("button", "btn btn-primary btn-icon");
    send.type = "submit";
    send.title = t("send");
    send.setAttribute("aria-label", t("send"));
    send.dataset.testid = "chat-send";
    send.append(iconElement("send-2"));
    const attach = element("button", "btn btn-icon");
    attach.type = "button";
    attach.title = t("attach");
    attach.setAttribute("aria-label", t("attach"));
    attach.dataset.testid = "chat-attach";
    attach.append(iconElement("paperclip"));
    attach.addEventListener("click", () => void this.#attach());
    form.append(start, attach, field, send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const text = field.value.trim();
      if (text === "") return;
      field.value = "";
      grow(field);
      void this.#send({ text }).then((sent) => {
        if (!sent && field.value === "") field.value = text;
      });
    });
    return form;
  }

  async #send(input: Input): Promise<boolean> {
    const sent = await this.#conversation.send(input);
    if (!sent) toast(t("not-sent"), "danger");
    this.#toLatest();
    return sent;
  }

  async #attach(): Promise<void> {
    const file = await askFile();
    if (file) await this.#send(file);
  }

  /** Does what a button is for; true when something was sent. */
  async #press(choice: Choice): Promise<boolean> {
    switch (choice.kind) {
      case "reply":
        return choice.token !== undefined && (await this.#send({ token: choice.token }));
      case "contact": {
        const contact = await askPhone();
        return contact !== undefined && (await this.#send({ contact }));
      }
      case "mini_app":
        if (choice.url) openApp(choice.label, choice.url, () => void this.#conversation.look());
        else toast(t("app-missing"), "warning");
        return false;
      case "location": {
        const place = await askPlace();
        return place !== undefined && (await this.#send(place));
      }
      case "users":
      case "chat":
      case "poll": {
        const picked = await askPicked(choice.kind);
        return picked !== undefined && (await this.#send({ picked, request: choice.request ?? 0 }));
      }
      case "copy":
        await navigator.clipboard.writeText(choice.copy ?? "");
        toast(t("copied"));
        return false;
      case "inline":
        toast(t("no-inline"), "info");
        return false;
      case "url":
        return false;
    }
  }

  /** New messages below, changed ones where they stand, without those that are gone. */
  #take({ fresh, changed, deleted }: News): void {
    for (const message of changed) {
      this.#shown(message.id)?.replaceWith(bubble(message, (choice) => void this.#press(choice)));
    }
    for (const id of deleted) this.#shown(id)?.remove();
    if (fresh.length > 0) this.#add(fresh);
  }

  #shown(id: number): Element | null {
    return this.#list.querySelector(`[data-id="${id}"]`);
  }

  #add(messages: ChatMessage[]): void {
    const wasAtEnd = this.#isAtEnd();
    this.#empty.hidden = true;
    const press = (choice: Choice) => void this.#press(choice);
    for (const message of messages) {
      this.#list.append(bubble(message, press));
      if (message.direction !== "out") continue;
      const keys = message.placement === "keyboard" ? (message.choices ?? []) : [];
      // As in a messenger: a keyboard stays until another one comes or it is taken away.
      if (keys.length > 0) this.#setKeyboard(keys, press, message.keyboard);
      else if (message.keyboard?.remove) this.#setKeyboard([], press);
    }
    if (wasAtEnd) this.#toLatest();
    else this.#latest.hidden = false;
  }

  #setKeyboard(keys: Choice[][], press: (choice: Choice) => void, options: KeyboardOptions = {}): void {
    this.#keys = keys;
    this.#keyboard.hidden = keys.length === 0;
    this.#field.placeholder = options.placeholder || t("write-message");
    // A key writes its caption, as it does in a messenger.
    const pressed = async (choice: Choice) => {
      if (choice.kind === "reply") {
        if (options.one_time) this.#setKeyboard([], press);
        await this.#send({ text: choice.label });
        return;
      }
      const leaves = options.one_time || REQUESTS.has(choice.kind);
      // Whoever thinks better of it still has the key, and what came meanwhile stays.
      if ((await this.#press(choice)) && leaves && this.#keys === keys) this.#setKeyboard([], press);
    };
    this.#keyboard.replaceChildren(...rows(keys, (choice) => void pressed(choice)));
  }

  #isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    return scrollHeight - scrollTop - clientHeight < 60;
  }

  #toLatest(): void {
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#latest.hidden = true;
  }
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

const LINES = 6;

function grow(field: HTMLTextAreaElement): void {
  field.style.height = "auto";
  const line = Number.parseFloat(getComputedStyle(field).lineHeight) || 20;
  field.style.height = `${Math.min(field.scrollHeight + 2, line * LINES)}px`;
}

const root = document.getElementById("chat");
if (root) new Chat(root);
