// The canvas: mounts the editor on `#canvas` with what `#canvas-boot` holds.

import "../styles/canvas.css";
import { ReactFlowProvider } from "@xyflow/react";
import { StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { Board } from "./board/Board.tsx";
import { useKeys } from "./board/keys.ts";
import { readBoot } from "./boot.ts";
import { Inspector } from "./inspector/Inspector.tsx";
import { FindingsPanel } from "./panels/FindingsPanel.tsx";
import { Palette } from "./panels/Palette.tsx";
import { PublishDialog } from "./panels/PublishDialog.tsx";
import { QuickSearch } from "./panels/QuickSearch.tsx";
import { Toolbar } from "./panels/Toolbar.tsx";
import { Saver } from "./saving.ts";
import { createEditor, EditorContext, editorContext, useEditor } from "./store.ts";
import { setLang } from "./texts.ts";

function Editor({ saver }: { saver: Saver }) {
  useEffect(() => saver.start(), [saver]);
  useKeys(saver);
  const side = useEditor((state) => state.side);
  return (
    <div className={`canvas-editor side-${side}`}>
      <Toolbar saver={saver} />
      <div className="canvas-main">
        <Board />
        {side === "inspector" && <Inspector />}
        {side === "findings" && <FindingsPanel />}
      </div>
      <Palette />
      <QuickSearch />
      <PublishDialog saver={saver} />
    </div>
  );
}

function fitWindow(root: HTMLElement): void {
  const fit = () => {
    root.style.height = `${Math.max(360, innerHeight - root.getBoundingClientRect().top - scrollY)}px`;
  };
  fit();
  addEventListener("resize", fit);
}

const root = document.getElementById("canvas");
if (root) {
  const boot = readBoot();
  setLang(boot.lang);
  const store = createEditor(boot);
  fitWindow(root);
  createRoot(root).render(
    <StrictMode>
      <EditorContext value={editorContext(store, boot)}>
        <ReactFlowProvider>
          <Editor saver={new Saver(store, boot)} />
        </ReactFlowProvider>
      </EditorContext>
    </StrictMode>,
  );
}
