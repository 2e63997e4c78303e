// Moves and removes a row.

import { t } from "../../canvas/texts.ts";
import { Icon } from "../../icons/Icon.tsx";

interface RowToolsProps {
  index: number;
  count: number;
  onMove: (to: number) => void;
  onRemove: () => void;
}

export function RowTools({ index, count, onMove, onRemove }: RowToolsProps) {
  return (
    <div className="row-tools">
      {count > 1 && (
        <>
          <button
            type="button"
            className="tool"
            disabled={index === 0}
            title={t("move-up")}
            aria-label={t("move-up")}
            onClick={() => onMove(index - 1)}
          >
            <Icon name="arrow-up" />
          </button>
          <button
            type="button"
            className="tool"
            disabled={index === count - 1}
            title={t("move-down")}
            aria-label={t("move-down")}
            onClick={() => onMove(index + 1)}
          >
            <Icon name="arrow-down" />
          </button>
        </>
      )}
      <button type="button" className="tool" title={t("remove")} aria-label={t("remove")} onClick={onRemove}>
        <Icon name="trash" />
      </button>
    </div>
  );
}

export function moved<T>(rows: T[], from: number, to: number): T[] {
  const next = [...rows];
  const [row] = next.splice(from, 1);
  if (row !== undefined) next.splice(to, 0, row);
  return next;
}
