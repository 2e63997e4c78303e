// Where a way out leads: the same choice as drawing a line, for the keyboard and the phone.

import type { Transition } from "../canvas/document.ts";
import { t } from "../canvas/texts.ts";
import { Icon } from "../icons/Icon.tsx";
import { useForm } from "./context.ts";

const NEW = "+";

interface TargetSelectProps {
  exit: string;
  to: Transition | null | undefined;
  /** What happens without a target. */
  empty?: string;
  label?: string;
}

export function TargetSelect({ exit, to, empty = t("runs-on"), label = t("leads-to") }: TargetSelectProps) {
  const { blocks, connect, connectNew } = useForm();
  return (
    <div className="target-select">
      <Icon name="arrow-right" />
      <select
        className="form-select form-select-sm"
        aria-label={label}
        title={label}
        data-testid={`target-${exit}`}
        value={to?.block ?? ""}
        onChange={(event) => {
          const chosen = event.target.value;
          if (chosen === NEW) connectNew(exit);
          else connect(exit, chosen || undefined);
        }}
      >
        <option value="">{empty}</option>
        {blocks.map((block) => (
          <option key={block.id} value={block.id}>
            {block.title}
          </option>
        ))}
        <option value={NEW}>{t("new-block")}</option>
      </select>
    </div>
  );
}
