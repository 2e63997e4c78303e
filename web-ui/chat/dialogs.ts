// What a messenger would ask for or open over the chat: a phone number, a place, a file, a mini app.

import { iconElement } from "../icons/svg.ts";
import type { MediaKind, PickKind } from "./messages.ts";
import { t } from "./texts.ts";

const EXAMPLE_PHONE = "+79000000000";
const EXAMPLE_PLACE = { latitude: 55.7558, longitude: 37.6173 };
const EXAMPLE_FILE = "https://example.com/picture.jpg";

const FILE_KINDS: MediaKind[] = ["photo", "file", "video", "voice", "audio", "video_note"];

/** Asks which number to send; nothing when the person thinks better of it. */
export async function askPhone(): Promise<string | undefined> {
  const phone = input("tel", t("your-phone"), EXAMPLE_PHONE, "phone");
  const sent = await ask([phone.label], "phone-share", phone.field);
  return sent ? phone.field.value.trim() : undefined;
}

/** Asks which place to send. */
export async function askPlace(): Promise<{ latitude: number; longitude: number } | undefined> {
  const latitude = degrees(t("latitude"), EXAMPLE_PLACE.latitude, 90, "latitude");
  const longitude = degrees(t("longitude"), EXAMPLE_PLACE.longitude, 180, "longitude");
  const sent = await ask([latitude.label, longitude.label], "place-share", latitude.field);
  if (!sent) return undefined;
  return { latitude: latitude.field.valueAsNumber, longitude: longitude.field.valueAsNumber };
}

/** Asks what to pick, in the words of chat tests: `@users 5 Ann, 7`. */
export async function askPicked(kind: PickKind): Promise<string | undefined> {
  const what = input("text", t(`pick-${kind}`), t(`pick-${kind}-example`), "picked");
  const sent = await ask([what.label], "pick-share", what.field);
  return sent ? `@${kind} ${what.field.value.trim()}` : undefined;
}

export interface SentFile {
  file: string;
  file_kind: MediaKind;
  caption: string;
}

/** Asks which file to send: the test chat knows files by their addresses. */
export async function askFile(): Promise<SentFile | undefined> {
  const kind = document.createElement("select");
  kind.className = "form-select mb-3";
  kind.dataset.testid = "file-kind";
  for (const name of FILE_KINDS) kind.append(new Option(t(`media-${name}`), name));
  const kindLabel = labelled(t("file-kind"), kind);
  const address = input("url", t("file-address"), EXAMPLE_FILE, "file-address");
  address.field.pattern = "https://.+";
  const caption = input("text", t("file-caption"), "", "file-caption");
  caption.field.required = false;
  const sent = await ask([kindLabel, address.label, caption.label], "file-share", address.field);
  if (!sent) return undefined;
  const file_kind = FILE_KINDS[kind.selectedIndex] ?? "file";
  return { file: address.field.value.trim(), file_kind, caption: caption.field.value.trim() };
}

function input(type: string, title: string, value: string, testid: string) {
  const field = document.createElement("input");
  field.type = type;
  field.className = "form-control mb-3";
  field.value = value;
  field.required = true;
  field.dataset.testid = testid;
  return { field, label: labelled(title, field) };
}

function degrees(title: string, value: number, most: number, testid: string) {
  const made = input("number", title, String(value), testid);
  made.field.min = String(-most);
  made.field.max = String(most);
  made.field.step = "any";
  return made;
}

function labelled(title: string, field: HTMLElement): HTMLLabelElement {
  const label = document.createElement("label");
  label.className = "form-label";
  label.append(title, field);
  return label;
}

/** Shows a form with these fields; true when the person sent it. */
function ask(fields: HTMLElement[], testid: string, first: HTMLInputElement): Promise<boolean> {
  const dialog = openDialog("dialog-confirm");
  const form = document.createElement("form");
  form.method = "dialog";
  const buttons = document.createElement("div");
  buttons.className = "btn-list justify-content-end";
  const no = button(t("cancel"), "btn");
  no.addEventListener("click", () => dialog.close());
  const yes = button(t("share"), "btn btn-primary");
  yes.type = "submit";
  yes.value = "yes";
  yes.dataset.testid = testid;
  buttons.append(no, yes);
  form.append(...fields, buttons);
  dialog.append(form);
  dialog.showModal();
  first.select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

/** A mini app in a frame of a phone. It runs apart from the admin: an origin of its own, no top navigation. */
export function openApp(title: string, url: string, closed: () => void): void {
  const dialog = openDialog("phone-dialog");
  const head = document.createElement("header");
  head.className = "phone-head";
  const name = document.createElement("span");
  name.textContent = title;
  const close = button("", "tool");
  close.setAttribute("aria-label", t("close"));
  close.append(iconElement("x"));
  close.addEventListener("click", () => dialog.close());
  head.append(name, close);
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.setAttribute("sandbox", "allow-scripts allow-forms");
  frame.referrerPolicy = "no-referrer";
  frame.src = url;
  dialog.append(head, frame);
  // The page's part of Telegram's bridge that a plain mini app needs: it may close itself.
  const listen = (event: MessageEvent) => {
    if (event.source === frame.contentWindow && isClose(event.data)) dialog.close();
  };
  addEventListener("message", listen);
  dialog.addEventListener("close", () => {
    removeEventListener("message", listen);
    dialog.remove();
    closed();
  });
  dialog.showModal();
}

function isClose(data: unknown): boolean {
  if (typeof data !== "string") return false;
  try {
    const message: unknown = JSON.parse(data);
    return (
      typeof message === "object" &&
      message !== null &&
      "eventType" in message &&
      message.eventType === "web_app_close"
    );
  } catch {
    return false;
  }
}

function openDialog(className: string): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  dialog.className = `card ${className}`;
  document.body.append(dialog);
  return dialog;
}

function button(text: string, className: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  return made;
}
