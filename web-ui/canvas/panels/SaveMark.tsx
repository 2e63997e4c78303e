// Says whether the draft is safe, and offers the way out when it is not.

import { confirmDialog } from "../../app/confirm.ts";
import { Icon } from "../../icons/Icon.tsx";
import type { Saver } from "../saving.ts";
import { type SaveState, useBoot, useEditor } from "../store.ts";
import { t } from "../texts.ts";

const ICONS: Record<SaveState, string> = {
  saved: "cloud-check",
  dirty: "cloud-upload",
  saving: "cloud-upload",
  failed: "cloud-x",
  refused: "alert-circle",
  conflict: "alert-triangle",
  "signed-out": "logout",
};

export function SaveMark({ saver }: { saver: Saver }) {
  const state = useEditor((editor) => editor.save);
  const text = useEditor((editor) => editor.saveText);
  const published = useEditor((editor) => editor.published);
  if (state === "conflict") return <Conflict saver={saver} />;
  if (state === "signed-out") return <SignedOut saver={saver} />;
  const trouble = state === "failed" || state === "refused";
  return (
    <span
      className={`save-mark ${trouble ? "save-trouble" : ""}`}
      data-testid="save-state"
      data-state={state}
      role="status"
      title={
        text || (published === null ? t("never-published") : t("published-version", { number: published }))
      }
    >
      <Icon name={ICONS[state]} />
      <span className="bar-label">{t(`save-${state}`)}</span>
      {trouble && (
        <button type="button" className="btn btn-sm" onClick={() => void saver.save()}>
          {t("try-again")}
        </button>
      )}
    </span>
  );
}

/** The work stays in this tab; another one is for signing in. */
function SignedOut({ saver }: { saver: Saver }) {
  const { urls } = useBoot();
  return (
    <span className="save-mark save-trouble" data-testid="save-state" data-state="signed-out" role="alert">
      <Icon name={ICONS["signed-out"]} />
      <span>{t("save-signed-out")}</span>
      <a className="btn btn-sm" href={urls.sign_in} target="_blank" rel="noopener opener">
        {t("sign-in-again")}
      </a>
      <button type="button" className="btn btn-sm" onClick={() => void saver.save()}>
        {t("try-again")}
      </button>
    </span>
  );
}

function Conflict({ saver }: { saver: Saver }) {
  const overwrite = async () => {
    if (await confirmDialog({ text: t("overwrite-question"), yes: t("overwrite") })) await saver.overwrite();
  };
  return (
    <span className="save-mark save-trouble" data-testid="save-state" data-state="conflict" role="alert">
      <Icon name={ICONS.conflict} />
      <span>{t("save-conflict")}</span>
      <button type="button" className="btn btn-sm" onClick={() => location.reload()}>
        {t("reload")}
      </button>
      <button type="button" className="btn btn-sm btn-outline-danger" onClick={() => void overwrite()}>
        {t("overwrite")}
      </button>
    </span>
  );
}
