// Picks one of the workspace's files, or uploads one.

import { useCallback, useEffect, useEffectEvent, useId, useRef, useState } from "react";
import { confirmDialog } from "../../app/confirm.ts";
import { useBoot } from "../../canvas/store.ts";
import { t } from "../../canvas/texts.ts";
import { Icon } from "../../icons/Icon.tsx";
import {
  type FileList,
  FilesError,
  fetchFiles,
  iconOf,
  isPicture,
  sizeText,
  uploadFile,
  type WorkspaceFile,
} from "./api.ts";

/** From so many files on there is a field to find one. */
const MANY = 8;

export function FilePicker({ onPick }: { onPick: (value: string) => void }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        className="btn btn-sm"
        aria-haspopup="dialog"
        data-testid="choose-file"
        onClick={() => setOpen(true)}
      >
        <Icon name="folder" />
        {t("choose-file")}
      </button>
      {open && (
        <FilesDialog
          onDone={(value) => {
            setOpen(false);
            button.current?.focus();
            if (value) onPick(value);
          }}
        />
      )}
    </>
  );
}

function FilesDialog({ onDone }: { onDone: (value: string | undefined) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const chosen = useRef<string>(undefined);
  const { list, upload, trouble, busy } = useFiles();
  const [query, setQuery] = useState("");
  const title = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const choose = (file: WorkspaceFile) => {
    chosen.current = file.value;
    dialog.current?.close();
  };
  const wanted = query.trim().toLowerCase();
  const files = list?.files ?? [];
  const found = files.filter(({ name }) => name.toLowerCase().includes(wanted));
  return (
    <dialog
      ref={dialog}
      className="card dialog-files"
      aria-labelledby={title}
      data-testid="files-dialog"
      onClose={() => onDone(chosen.current)}
      // Keys of the board must not reach it from here.
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div className="dialog-files-head">
        <h2 id={title}>{t("files-of-workspace")}</h2>
        <button
          type="button"
          className="btn-close"
          aria-label={t("close")}
          onClick={() => dialog.current?.close()}
        />
      </div>
      <UploadButton busy={busy} onFile={(file) => void upload(file).then((made) => made && choose(made))} />
      {trouble && (
        <div className="field-finding finding-error" role="alert">
          {trouble}
        </div>
      )}
      {files.length > MANY && (
        <input
          type="search"
          className="form-control form-control-sm"
          placeholder={t("find-file")}
          aria-label={t("find-file")}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      )}
      {list && files.length === 0 && <p className="form-hint">{t("no-files")}</p>}
      {list && files.length > 0 && found.length === 0 && <p className="form-hint">{t("nothing-found")}</p>}
      {!list && !trouble && <p className="form-hint">{t("files-loading")}</p>}
      <ul className="dialog-files-list">
        {found.map((file) => (
          <li key={file.name}>
            <button
              type="button"
              className="file-entry"
              data-testid="file-entry"
              disabled={busy}
              onClick={() => choose(file)}
            >
              <FilePicture file={file} />
              <span className="file-entry-name">{file.name}</span>
              <SizeMark bytes={file.size} />
            </button>
          </li>
        ))}
      </ul>
    </dialog>
  );
}

function FilePicture({ file }: { file: WorkspaceFile }) {
  const { urls } = useBoot();
  return (
    <span className="file-picture" aria-hidden="true">
      {isPicture(file) ? (
        <img src={`${urls.file_pages}/${encodeURIComponent(file.name)}/content`} alt="" loading="lazy" />
      ) : (
        <Icon name={iconOf(file)} />
      )}
    </span>
  );
}

function SizeMark({ bytes }: { bytes: number }) {
  const { lang } = useBoot();
  return <span className="file-entry-size">{sizeText(bytes, lang)}</span>;
}

function UploadButton({ busy, onFile }: { busy: boolean; onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div>
      <input
        ref={input}
        type="file"
        hidden
        data-testid="upload-input"
        onChange={({ target }) => {
          const file = target.files?.[0];
          // The same file may be chosen again after it was refused.
          target.value = "";
          if (file) onFile(file);
        }}
      />
      <button
        type="button"
        className={`btn btn-primary ${busy ? "btn-loading" : ""}`}
        disabled={busy}
        onClick={() => input.current?.click()}
      >
        <Icon name="upload" />
        {t("upload-file")}
      </button>
    </div>
  );
}

/** The files, and what happens to them. */
function useFiles() {
  const { urls, csrf, lang } = useBoot();
  const [list, setList] = useState<FileList | null>(null);
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const complain = useCallback(
    (error: unknown) => setTrouble((error instanceof FilesError && error.message) || t("files-offline")),
    [],
  );
  const load = useEffectEvent(() => void fetchFiles(urls.files).then(setList, complain));
  useEffect(() => load(), []);

  async function upload(content: File): Promise<WorkspaceFile | undefined> {
    setTrouble("");
    // As people type it: some systems spell an й with two characters.
    const name = content.name.normalize("NFC").trim();
    const limit = list?.file_bytes_max;
    if (limit !== undefined && content.size > limit) {
      setTrouble(t("file-too-large", { limit: sizeText(limit, lang) }));
      return undefined;
    }
    if (list?.files.some((known) => known.name === name)) {
      const text = t("file-replace", { name });
      if (!(await confirmDialog({ text, yes: t("file-replace-yes"), danger: false }))) return undefined;
    }
    setBusy(true);
    try {
      return await uploadFile(urls.files, name, content, csrf);
    } catch (error) {
      complain(error);
      return undefined;
    } finally {
      setBusy(false);
    }
  }

  return { list, upload, trouble, busy };
}
