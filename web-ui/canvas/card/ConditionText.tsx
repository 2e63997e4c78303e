// A condition as a sentence.

import { Fragment } from "react";
import { hasRight, parseCondition } from "../../forms/expression/condition.ts";
import { t } from "../texts.ts";
import { TemplateText } from "./TemplateText.tsx";

/** Names of comparisons in texts: no spaces, no signs. */
export const COMPARISON_KEYS: Record<string, string> = {
  "=": "eq",
  "!=": "ne",
  ">": "gt",
  ">=": "ge",
  "<": "lt",
  "<=": "le",
  contains: "contains",
  "not contains": "not-contains",
  starts: "starts",
  ends: "ends",
  matches: "matches",
  in: "in",
  empty: "empty",
  "not empty": "not-empty",
};

export function comparisonText(comparison: string): string {
  return t(`compare-${COMPARISON_KEYS[comparison] ?? comparison.replaceAll("_", "-")}`);
}

export function ConditionText({ source }: { source: string }) {
  const parsed = parseCondition(source);
  if (!parsed) return <TemplateText source={source} />;
  return parsed.rows.map((row, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: rows of a text have nothing else
    <Fragment key={index}>
      {index > 0 && ` ${t(`join-${parsed.join}`)} `}
      <TemplateText source={row.left} /> {comparisonText(row.comparison)}
      {hasRight(row.comparison) && " "}
      {hasRight(row.comparison) &&
        (row.right === "" ? t("empty-value") : <TemplateText source={row.right} />)}
    </Fragment>
  ));
}
