// What a messenger would ask for or open over the chat: a phone number, a mini app.

import { iconElement } from "../icons/svg.ts";
import { t } from "./texts.ts";

const EXAMPLE_PHONE = "+79000000000";

/** Asks which number to send; nothing when the person thinks better of it. */
export function askPhone(): Promise<string | undefined> {
  const dialog = openDialog("dialog-confirm");
  const form = document.createElement("form");
  form.method = "dialog";
  const label = document.createElement("label");
  label.className = "form-label";
  label.textContent = t("your-phone");
  const field = document.createElement("input");
  field.type = "tel";
  field.className = "form-control mb-3";
  field.value = EXAMPLE_PHONE;
  field.required = true;
  field.dataset.testid = "phone";
  label.append(field);
  const buttons = document.createElement("div");
  buttons.className = "btn-list justify-content-end";
  const no = button(t("cancel"), "btn");
  no.addEventListener("click", () => dialog.close());
  const yes = button(t("share"), "btn btn-primary");
  yes.type = "submit";
  yes.value = "yes";
  yes.dataset.testid = "phone-share";
  buttons.append(no, yes);
  form.append(label, buttons);
  dialog.append(form);
  dialog.showModal();
  field.select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes" ? field.value.trim() : undefined);
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
