// A trigger on the canvas: «When…».

import type { Node, NodeProps } from "@xyflow/react";
import { memo } from "react";
import { Icon } from "../../icons/Icon.tsx";
import type { Trigger } from "../document.ts";
import { triggerDetail, triggerTitle } from "../names.ts";
import { useCatalog, useEditor } from "../store.ts";
import { t } from "../texts.ts";
import { worst } from "./ActionView.tsx";
import { PortRow } from "./Port.tsx";

export type TriggerNode = Node<{ trigger: Trigger }, "trigger">;

export const TriggerCard = memo(function TriggerCard({ data: { trigger } }: NodeProps<TriggerNode>) {
  const kind = useCatalog().trigger(trigger.kind);
  const detail = triggerDetail(trigger, kind);
  const severity = useEditor((state) =>
    worst(state.findings.filter(({ node }) => node?.type === "trigger" && node.id === trigger.id)),
  );
  return (
    <article
      className={`flow-card trigger-card ${severity ? `card-${severity}` : ""}`}
      data-testid={`trigger-${trigger.id}`}
    >
      <PortRow id="next" to={trigger.next} label={t("next")}>
        <span className="trigger-icon">
          <Icon name={kind?.icon ?? "bolt"} />
        </span>
        <span className="trigger-text">
          <span className="trigger-when">{t("when", { what: lowerFirst(triggerTitle(trigger, kind)) })}</span>
          {detail && <span className="trigger-detail">{detail}</span>}
        </span>
        {severity && <Icon name="alert-triangle" className={`mark-${severity}`} />}
      </PortRow>
      <div className="far-face" aria-hidden="true">
        <Icon name={kind?.icon ?? "bolt"} />
        <span>{detail || triggerTitle(trigger, kind)}</span>
      </div>
    </article>
  );
});

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
