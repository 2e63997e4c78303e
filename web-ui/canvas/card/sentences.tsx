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
  switch: (options) =>
    rich("sentence-switch", {
      value: <TemplateText key="value" source={text(options.value) || t("empty-value")} />,
    }),
  random_split: (options) => t(options.sticky === true ? "sentence-split-sticky" : "sentence-split"),
  for_each: (options) =>
    rich("sentence-each", {
      item: <VariableChip key="item" path={text(options.item) || "item"} />,
      items: <TemplateText key="items" source={text(options.items) || t("empty-value")} />,
    }),
  call_scenario: (options) => {
    const scenario = <Name key="scenario" of={options.scenario} />;
    const target = text(objects(options.results)[0]?.target);
    if (!target) return rich("sentence-call", { scenario });
    return rich("sentence-call-to", { scenario, target: <VariableChip key="target" path={target} /> });
  },
  step_back: (options) => t(options.to === "again" ? "sentence-back-again" : "sentence-back"),
  end: (options) => t(`sentence-end-${text(options.what) || "scenario"}`),
  raise_error: (options) =>
    rich("sentence-raise", { text: <TemplateText key="text" source={text(options.text)} /> }),
  wait_until: (options) => {
    if (options.until === "moment") {
      return rich("sentence-until-moment", {
        moment: <TemplateText key="moment" source={text(options.moment) || t("empty-value")} />,
      });
    }
    const time = <TemplateText key="time" source={text(options.time) || t("empty-value")} />;
    const days = typeof options.days === "number" ? options.days : 0;
    if (days === 0) return rich("sentence-until-time", { time });
    return rich("sentence-until-days", {
      time,
      days: <span key="days">{t("duration-days", { count: days })}</span>,
    });
  },
  working_hours: (options) => t(options.mode === "wait" ? "sentence-hours-wait" : "sentence-hours"),
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
