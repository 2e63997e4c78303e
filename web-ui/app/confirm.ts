// Asks before what cannot be undone: `data-confirm="Delete the list?"` on a form, a button or a link, with an
// optional `data-confirm-yes="Delete"`.

import { t } from "./texts.ts";

export interface Question {
  text: string;
  yes?: string | undefined;
  danger?: boolean;
}

export function confirmDialog({ text, yes, danger = true }: Question): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "card dialog-confirm";
  const words = document.createElement("p");
  words.textContent = text;
  const row = document.createElement("div");
  row.className = "btn-list justify-content-end";
  const no = button(t("confirm-no"), "btn");
  const go = button(yes ?? t("confirm-yes"), danger ? "btn btn-danger" : "btn btn-primary");
  row.append(no, go);
  dialog.append(words, row);
  document.body.append(dialog);
  return new Promise((resolve) => {
    no.addEventListener("click", () => dialog.close());
    go.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    dialog.showModal();
    no.focus();
  });
}

function button(text: string, className: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  return made;
}

const granted = new WeakSet<Element>();

/** Holds the event back until the person agreed, then repeats it. */
function hold(event: Event, element: HTMLElement, repeat: () => void): void {
  if (granted.delete(element)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const text = element.dataset.confirm ?? "";
  const question = { text, yes: element.dataset.confirmYes, danger: !("confirmCalm" in element.dataset) };
  void confirmDialog(question).then((agreed) => {
    if (!agreed) return;
    granted.add(element);
    repeat();
  });
}

export function startConfirm(): void {
  // In the capture phase, so that nothing else has acted on the event.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || form.dataset.confirm === undefined) return;
      hold(event, form, () => form.requestSubmit(event.submitter));
    },
    true,
  );
  document.addEventListener(
    "click",
    (event) => {
      const target = event.target instanceof Element ? event.target : null;
      const element = target?.closest<HTMLElement>("a[data-confirm], button[data-confirm]");
      if (element) hold(event, element, () => element.click());
    },
    true,
  );
}
