// Every finding; a click opens the card and the field.

import { Icon } from "../../icons/Icon.tsx";
import { findBlock, findTrigger } from "../edits.ts";
import type { PlacedFinding } from "../findings.ts";
import { blockTitle, triggerTitle } from "../names.ts";
import { useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import { PanelHead } from "./PanelHead.tsx";

export function FindingsPanel() {
  const findings = useEditor((state) => state.findings);
  const sorted = [...findings].sort(
    (a, b) => Number(b.severity === "error") - Number(a.severity === "error"),
  );
  return (
    <aside className="side-panel" aria-label={t("findings")}>
      <PanelHead title={t("findings")} />
      <div className="panel-body">
        {sorted.length === 0 && (
          <div className="panel-empty">
            <Icon name="circle-check" />
            <p>{t("no-findings")}</p>
          </div>
        )}
        <ul className="finding-list">
          {sorted.map((finding) => (
            <FindingItem key={`${finding.pointer} ${finding.code}`} finding={finding} />
          ))}
        </ul>
      </div>
    </aside>
  );
}

function FindingItem({ finding }: { finding: PlacedFinding }) {
  const store = useEditorStore();
  const place = usePlaceName(finding);
  const { node, action, field } = finding;
  return (
    <li>
      <button
        type="button"
        className={`finding-item finding-${finding.severity}`}
        disabled={!node}
        title={`${finding.code} ${finding.pointer}`}
        onClick={() => node && store.getState().show(node, action, field)}
      >
        <Icon name={finding.severity === "error" ? "alert-circle" : "alert-triangle"} />
        <span>
          {place && <span className="finding-place">{place}</span>}
          <span className="finding-text">{finding.text}</span>
        </span>
      </button>
    </li>
  );
}

function usePlaceName({ node }: PlacedFinding): string {
  const catalog = useCatalog();
  return useEditor(({ doc }) => {
    if (node?.type === "block") {
      const block = findBlock(doc, node.id);
      return block ? blockTitle(block, catalog) : "";
    }
    const trigger = node?.type === "trigger" ? findTrigger(doc, node.id) : undefined;
    return trigger ? triggerTitle(trigger, catalog.trigger(trigger.kind)) : "";
  });
}
