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
        <MoveTools canUp={index > 0} canDown={index < count - 1} onMove={(by) => onMove(index + by)} />
      )}
      <button type="button" className="tool" title={t("remove")} aria-label={t("remove")} onClick={onRemove}>
        <Icon name="trash" />
      </button>
    </div>
  );
}

interface MoveToolsProps {
  canUp: boolean;
  canDown: boolean;
  onMove: (by: -1 | 1) => void;
}

/** Up and down, for those who do not drag. */
export function MoveTools({ canUp, canDown, onMove }: MoveToolsProps) {
  return (
    <>
      <button
        type="button"
        className="tool"
        disabled={!canUp}
        title={t("move-up")}
        aria-label={t("move-up")}
        onClick={() => onMove(-1)}
      >
        <Icon name="arrow-up" />
      </button>
      <button
        type="button"
        className="tool"
        disabled={!canDown}
        title={t("move-down")}
        aria-label={t("move-down")}
        onClick={() => onMove(1)}
      >
        <Icon name="arrow-down" />
      </button>
    </>
  );
}

export function moved<T>(rows: T[], from: number, to: number): T[] {
  const next = [...rows];
  const [row] = next.splice(from, 1);
  if (row !== undefined) next.splice(to, 0, row);
  return next;
}
