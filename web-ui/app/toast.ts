// Short messages in the corner.

import { iconElement } from "../icons/svg.ts";
import { t } from "./texts.ts";

export type ToastKind = "success" | "danger" | "warning" | "info";

const ICONS: Record<ToastKind, string> = {
  success: "circle-check",
  danger: "alert-circle",
  warning: "alert-triangle",
  info: "info-circle",
};
const SHOWN_MS = 5000;

function corner(): HTMLElement {
  const present = document.querySelector<HTMLElement>(".toast-corner");
  if (present) return present;
  const made = document.createElement("div");
  made.className = "toast-corner";
  made.setAttribute("aria-live", "polite");
  return document.body.appendChild(made);
}

export interface ToastAction {
  label: string;
  run: () => void;
}

/** Shows a message; what it returns takes the message away before its time. */
export function toast(text: string, kind: ToastKind = "info", action?: ToastAction): () => void {
  const box = document.createElement("div");
  box.className = `toast show toast-${kind}`;
  box.setAttribute("role", kind === "danger" ? "alert" : "status");
  const body = document.createElement("div");
  body.className = "toast-body";
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-close";
  close.setAttribute("aria-label", t("close"));
  close.addEventListener("click", () => box.remove());
  body.append(iconElement(ICONS[kind]), words);
  if (action) body.append(actionButton(action, box));
  body.append(close);
  box.append(body);
  corner().append(box);
  // An error stays until it is read.
  if (kind !== "danger") {
    let timer = setTimeout(() => box.remove(), SHOWN_MS);
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("pointerleave", () => {
      timer = setTimeout(() => box.remove(), SHOWN_MS);
    });
  }
  return () => box.remove();
}

function actionButton(action: ToastAction, box: HTMLElement): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm";
  button.textContent = action.label;
  button.addEventListener("click", () => {
    box.remove();
    action.run();
  });
  return button;
}
