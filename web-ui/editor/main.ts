// Turns every `<textarea data-code="html|javascript|json">` into a code editor. The text area stays in the form
// and stays the truth: the form works as before.

import { codeEditor, isCodeLanguage } from "./code.ts";

function enhance(area: HTMLTextAreaElement): void {
  const language = area.dataset.code;
  if (!isCodeLanguage(language) || area.dataset.codeReady) return;
  area.dataset.codeReady = "yes";
  const frame = document.createElement("div");
  frame.className = "code-editor";
  area.after(frame);
  area.hidden = true;
  const label = area.labels[0]?.textContent?.trim() || area.getAttribute("aria-label") || language;
  const view = codeEditor({
    parent: frame,
    doc: area.value,
    language,
    label,
    ...(area.dataset.testid ? { testId: area.dataset.testid } : {}),
    readOnly: area.readOnly,
    onChange: (text) => {
      area.value = text;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    },
    onSave: () => area.form?.requestSubmit(),
  });
  for (const label of area.labels) {
    label.addEventListener("click", (event) => {
      event.preventDefault();
      view.focus();
    });
  }
  area.form?.addEventListener("reset", () => {
    setTimeout(() => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: area.value } }));
  });
}

function enhanceAll(): void {
  for (const area of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-code]")) enhance(area);
}

enhanceAll();
