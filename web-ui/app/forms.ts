// Small comforts of forms, all by data attributes, all optional.
//
// - a submitted form keeps its button busy, so that nothing is sent twice
// - `data-copy="text"` (or `data-copy-from="#id"`) copies
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
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const copy = target?.closest<HTMLElement>("[data-copy], [data-copy-from]");
    if (copy) void copyText(textToCopy(copy));
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
