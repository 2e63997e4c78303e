// Small comforts of forms, all by data attributes, all optional.
//
// - a submitted form keeps its button busy, so that nothing is sent twice
// - `data-autosubmit` on a select submits its form
// - `data-copy="text"` (or `data-copy-from="#id"`) copies
// - `data-show-password="#id"` shows and hides a password
// - `data-guard` on a form asks before the page is left with changes in it

import { t } from "./texts.ts";
import { toast } from "./toast.ts";

export function startForms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
    changed.delete(form);
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || form.target === "_blank") return;
    // After the browser has read the form: a disabled button would lose its name and value.
    setTimeout(() => {
      button.disabled = true;
      button.classList.add("btn-loading");
    });
  });
  // A page taken from the back-forward cache must not come back with dead buttons.
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll<HTMLButtonElement>("button.btn-loading")) {
      button.disabled = false;
      button.classList.remove("btn-loading");
    }
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field instanceof HTMLSelectElement && "autosubmit" in field.dataset) field.form?.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const copy = target?.closest<HTMLElement>("[data-copy], [data-copy-from]");
    if (copy) void copyText(textToCopy(copy));
    const eye = target?.closest<HTMLElement>("[data-show-password]");
    if (eye) togglePassword(eye);
  });
  startGuard();
  document.querySelector<HTMLElement>(".is-invalid")?.focus();
}

function textToCopy(element: HTMLElement): string {
  const source = element.dataset.copyFrom;
  if (!source) return element.dataset.copy ?? "";
  const from = document.querySelector(source);
  return from instanceof HTMLInputElement || from instanceof HTMLTextAreaElement
    ? from.value
    : (from?.textContent?.trim() ?? "");
}

async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied"), "success");
  } catch {
    toast(t("copy-failed"), "warning");
  }
}

function togglePassword(eye: HTMLElement): void {
  const field = document.querySelector<HTMLInputElement>(eye.dataset.showPassword ?? "");
  if (!field) return;
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  eye.setAttribute("aria-pressed", String(!shown));
}

const changed = new Set<HTMLFormElement>();

function startGuard(): void {
  document.addEventListener("input", (event) => {
    const field = event.target;
    const form = field instanceof Element ? field.closest("form") : null;
    if (form && "guard" in form.dataset) changed.add(form);
  });
  addEventListener("beforeunload", (event) => {
    for (const form of changed) if (!form.isConnected) changed.delete(form);
    if (changed.size > 0) event.preventDefault();
  });
}
