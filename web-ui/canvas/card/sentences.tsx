// What a silent action does, as one grey sentence. A kind without a sentence of its own is named by its title.

import type { ReactNode } from "react";
import type { CatalogAction } from "../catalog.ts";
import { type Action, isObject, type Json, type JsonObject } from "../document.ts";
import { rich, t } from "../texts.ts";
import { comparisonText } from "./ConditionText.tsx";
import { TemplateText, VariableChip } from "./TemplateText.tsx";

type Sentence = (options: JsonObject) => ReactNode;

const SENTENCES: Record<string, Sentence> = {
  set_variables: (options) => {
    const assignments = objects(options.assignments);
    const first = assignments[0];
    if (!first) return undefined;
    const sentence = rich("sentence-set", {
      target: <VariableChip key="target" path={text(first.target)} />,
      value: <TemplateText key="value" source={text(first.value) || t("empty-value")} />,
    });
    return more(sentence, assignments.length - 1);
  },
  list_find: (options) => {
    const list = <Name key="list" of={options.list} />;
    const filters = objects(options.filters);
    const found = text(options.save_to) || text(options.first_to) || text(options.count_to);
    const target = <VariableChip key="target" path={found} />;
    const filter = filters[0];
    if (!filter) return rich(found ? "sentence-find-all-to" : "sentence-find-all", { list, target });
    const where = (
      <span key="where">
        {text(filter.column)} {comparisonText(text(filter.comparison) || "eq")}{" "}
        <TemplateText source={text(filter.value)} />
        {filters.length > 1 && ` ${t("and-more", { count: filters.length - 1 })}`}
      </span>
    );
    return rich(found ? "sentence-find-to" : "sentence-find", { list, where, target });
  },
  list_add: (options) => rich("sentence-add-row", { list: <Name key="list" of={options.list} /> }),
  javascript: (options) => {
    const target = text(options.result_to);
    if (!target) return t("sentence-script");
    return rich("sentence-script-to", { target: <VariableChip key="target" path={target} /> });
  },
  http_request: (options) =>
    rich("sentence-http", {
      method: text(options.method) || "GET",
      url: <TemplateText key="url" source={shortUrl(text(options.url))} />,
    }),
  respond: () => t("sentence-respond"),
  delay: (options) => {
    const amount = typeof options.amount === "number" ? options.amount : 1;
    return rich("sentence-delay", {
      duration: t(`duration-${text(options.unit) || "minutes"}`, { count: amount }),
    });
  },
};

export function sentence(action: Action, kind: CatalogAction | undefined): ReactNode {
  return SENTENCES[action.kind]?.(action.options) ?? kind?.title ?? action.kind;
}

function Name({ of }: { of: Json | undefined }) {
  const name = text(of);
  return name ? <b>{name}</b> : <span className="missing">{t("not-chosen")}</span>;
}

function more(sentence: ReactNode, count: number): ReactNode {
  return count > 0 ? (
    <>
      {sentence} {t("and-more", { count })}
    </>
  ) : (
    sentence
  );
}

function shortUrl(url: string): string {
  return url.replace(/^https?:\/\//, "").replace(/\?.*$/s, "");
}

export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

export function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
