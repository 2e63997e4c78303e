// Short messages in the corner. Pages bring theirs as `<div data-toast="success|danger|warning|info">text</div>`,
// htmx answers as `HX-Trigger: {"toast": {"text": "...", "kind": "success"}}`.

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

function isKind(text: unknown): text is ToastKind {
  return typeof text === "string" && text in ICONS;
}

function showPageToasts(root: ParentNode): void {
  for (const source of root.querySelectorAll<HTMLElement>("[data-toast]")) {
    const kind = source.dataset.toast;
    const text = source.textContent?.trim();
    source.remove();
    if (text) toast(text, isKind(kind) ? kind : "info");
  }
}

export function startToasts(): void {
  showPageToasts(document);
  document.addEventListener("htmx:after:swap", () => showPageToasts(document));
  document.addEventListener("toast", (event) => {
    const detail: unknown = event instanceof CustomEvent ? event.detail : null;
    if (!detail || typeof detail !== "object") return;
    const { text, kind } = detail as { text?: unknown; kind?: unknown };
    if (typeof text === "string") toast(text, isKind(kind) ? kind : "info");
  });
}
