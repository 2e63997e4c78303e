// Before publishing: who stands in blocks that the draft changes or no longer has, and where they go on.

import { useEffect, useRef, useState } from "react";
import { toast } from "../../app/toast.ts";
import { blocksOf } from "../edits.ts";
import { blockTitle } from "../names.ts";
import type { MoveTo, PeopleOnBlock, Saver } from "../saving.ts";
import { type EditorStore, useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";

/** Publishes at once when nobody is concerned, else asks first. */
export async function publishOrAsk(saver: Saver, store: EditorStore): Promise<void> {
  const concerned = await saver.concerned();
  if (concerned.length > 0) store.getState().set({ concerned });
  else await publish(saver, store, {});
}

async function publish(saver: Saver, store: EditorStore, moves: Record<string, MoveTo>): Promise<void> {
  const number = await saver.publish(moves);
  const { findings, save, saveText, set } = store.getState();
  if (number !== null) toast(t("published", { number }), "success");
  else if (findings.some((finding) => finding.severity === "error")) {
    toast(t("publish-refused"), "warning");
    set({ side: "findings" });
  } else if (save !== "conflict" && save !== "signed-out") toast(saveText || t("publish-failed"), "danger");
}

export function PublishDialog({ saver }: { saver: Saver }) {
  const concerned = useEditor((state) => state.concerned);
  return concerned && <Choices saver={saver} concerned={concerned} />;
}

function Choices({ saver, concerned }: { saver: Saver; concerned: PeopleOnBlock[] }) {
  const store = useEditorStore();
  const dialog = useRef<HTMLDialogElement>(null);
  const [moves, setMoves] = useState<Record<string, MoveTo>>({});
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => store.getState().set({ concerned: null });
  const choose = (block: string, to: MoveTo | undefined) =>
    setMoves(({ [block]: _, ...others }) => (to === undefined ? others : { ...others, [block]: to }));
  return (
    <dialog ref={dialog} className="card dialog-publish" aria-labelledby="publish-title" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          close();
          void publish(saver, store, moves);
        }}
      >
        <h2 id="publish-title">{t("people-inside")}</h2>
        <p className="form-hint">{t("people-inside-help")}</p>
        <ul className="publish-blocks">
          {concerned.map((one) => (
            <Choice key={`${one.block} ${one.fate}`} one={one} onChoose={(to) => choose(one.block, to)} />
          ))}
        </ul>
        <div className="btn-list justify-content-end">
          <button type="button" className="btn" onClick={() => dialog.current?.close()}>
            {t("cancel")}
          </button>
          <button type="submit" className="btn btn-primary" data-testid="publish-anyway">
            {t("publish")}
          </button>
        </div>
      </form>
    </dialog>
  );
}

const BLOCK = "block ";

function Choice({ one, onChoose }: { one: PeopleOnBlock; onChoose: (to: MoveTo | undefined) => void }) {
  const catalog = useCatalog();
  const doc = useEditor((state) => state.doc);
  const name = one.name || (one.kind && catalog.action(one.kind)?.title) || t("unnamed-block");
  const id = `people-of-${one.block}`;
  return (
    <li>
      <label htmlFor={id}>
        <b>{name}</b>
        <small>{t("people-count", { count: one.runs, fate: one.fate })}</small>
      </label>
      <select
        id={id}
        className="form-select"
        data-testid={id}
        onChange={(event) => {
          const chosen = event.target.value;
          if (chosen.startsWith(BLOCK)) onChoose({ block: chosen.slice(BLOCK.length) });
          else onChoose(chosen === "start" ? "start" : undefined);
        }}
      >
        <option value="">{t("move-finish")}</option>
        <option value="start">{t("move-start")}</option>
        <optgroup label={t("move-to-block")}>
          {blocksOf(doc).map((block) => (
            <option key={block.id} value={`${BLOCK}${block.id}`}>
              {blockTitle(block, catalog)}
            </option>
          ))}
        </optgroup>
      </select>
    </li>
  );
}
