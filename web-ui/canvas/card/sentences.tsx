// What an action does, as one grey sentence: the catalogue's text with the options as chips. A kind without a
// sentence is named by its title.

import { Fragment, type ReactNode } from "react";
import { isShown } from "../../forms/schema.ts";
import type { CatalogAction, Schema } from "../catalog.ts";
import { type Action, at, isObject, type Json, type JsonObject } from "../document.ts";
import { t } from "../texts.ts";
import { ConditionText } from "./ConditionText.tsx";
import { chosenName, isGiven, isSaid, optionOf, type Piece, parseSentence } from "./places.ts";
import { RichText, TemplateText, VariableChip } from "./TemplateText.tsx";

const NAMES: ReadonlySet<string> = new Set(["list", "column", "scenario", "mini_app"]);
const UNITS: ReadonlySet<string> = new Set(["seconds", "minutes", "hours", "days"]);

export function sentence(action: Action, kind: CatalogAction | undefined): ReactNode {
  if (!kind) return action.kind;
  const { options } = action;
  const fitting = kind.sentences?.find(({ only }) => {
    if (!only) return true;
    return (
      (at(options, only.pointer) ?? kind.schema.properties?.[only.pointer.slice(1)]?.default) === only.value
    );
  });
  return fitting ? drawPieces(parseSentence(fitting.text), options, kind.schema) : kind.title;
}

function drawPieces(pieces: Piece[], options: JsonObject, schema: Schema): ReactNode {
  return pieces.map((piece, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a fixed text
    <Fragment key={index}>{drawPiece(piece, options, schema)}</Fragment>
  ));
}

function drawPiece(piece: Piece, options: JsonObject, schema: Schema): ReactNode {
  if (typeof piece === "string") return piece;
  if ("optional" in piece) {
    return isSaid(piece.optional, options, schema) && drawPieces(piece.optional, options, schema);
  }
  const { place } = piece;
  if (place.silent) return null;
  if (place.all) {
    const elements = place.names.flatMap((name) => {
      const value = optionOf(options, schema, name);
      const inner = schema.properties?.[name]?.items;
      return Array.isArray(value) ? value.map((element) => ({ element, schema: inner })) : [];
    });
    return drawFirst(elements.filter(({ element }) => isGiven(element)));
  }
  const name = chosenName(place, options, schema);
  const value = optionOf(options, schema, name);
  if (place.unit && typeof value === "number") {
    const unit = UNITS.has(place.unit) ? place.unit : optionOf(options, schema, place.unit);
    return t(`duration-${text(unit)}`, { count: value });
  }
  return drawValue(value, schema.properties?.[name]);
}

/** A value as its schema says it is read. */
export function drawValue(value: Json | undefined, schema: Schema | undefined): ReactNode {
  const widget = schema?.["x-widget"];
  if (!isGiven(value) && typeof value !== "number") {
    return <span className="missing">{t(widget === "template" ? "empty-value" : "not-chosen")}</span>;
  }
  if (Array.isArray(value)) return drawFirst(value.map((element) => ({ element, schema: schema?.items })));
  if (isObject(value)) return drawElement(value, schema);
  const words = text(value);
  if (schema?.enum) return schema["x-labels"]?.[words] ?? words;
  if (widget === "variable") return <VariableChip path={words} />;
  if (widget === "condition") return <ConditionText source={words} />;
  if (widget === "rich_text") return <RichText source={words} />;
  if (widget && NAMES.has(widget)) return <b>{words}</b>;
  return <TemplateText source={shortUrl(words)} />;
}

function drawFirst(elements: { element: Json; schema: Schema | undefined }[]): ReactNode {
  const [first] = elements;
  if (!first) return <span className="missing">{t("not-chosen")}</span>;
  return (
    <>
      {drawValue(first.element, first.schema)}
      {elements.length > 1 && ` ${t("and-more", { count: elements.length - 1 })}`}
    </>
  );
}

/** An element of a list: `column = value`, `name → variable`, `column is greater than value`. */
function drawElement(element: JsonObject, schema: Schema | undefined): ReactNode {
  const properties = schema?.properties ?? {};
  const shown = Object.entries(properties).filter(
    ([name, property]) =>
      name !== "id" &&
      isShown(property, element, properties) &&
      (isGiven(element[name]) || property.enum !== undefined),
  );
  return shown.map(([name, property], index) => {
    const before = shown[index - 1]?.[1];
    const choice = property.enum !== undefined;
    const value = element[name] ?? property.default;
    const usual = choice && index > 0 && value === property.default;
    let between = index === 0 ? "" : " ";
    if (index > 0 && property["x-widget"] === "variable") between = " → ";
    else if (index > 0 && !choice && before?.enum === undefined) between = " = ";
    return (
      <Fragment key={name}>
        {between}
        {usual ? "=" : drawValue(value, property)}
      </Fragment>
    );
  });
}

function shortUrl(url: string): string {
  return /^https?:\/\//.test(url) ? url.replace(/^https?:\/\//, "").replace(/\?.*$/s, "") : url;
}

export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

export function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
