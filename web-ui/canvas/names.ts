// What cards are called where no name was given.

import { isShown } from "../forms/schema.ts";
import type { CatalogIndex, CatalogTrigger } from "./catalog.ts";
import type { Block, Trigger } from "./document.ts";
import { actionsOf } from "./edits.ts";
import { t } from "./texts.ts";

export function blockTitle(block: Block, catalog: CatalogIndex): string {
  if (block.name) return block.name;
  const first = actionsOf(block)[0];
  return (first && catalog.action(first.kind)?.title) ?? t("unnamed-block");
}

/** «/start», «"menu"», «ref_{who}»: what the trigger listens to, in short. */
export function triggerDetail(trigger: Trigger, kind: CatalogTrigger | undefined): string {
  const { options } = trigger;
  const text = (key: string) => (typeof options[key] === "string" ? options[key] : "");
  switch (trigger.kind) {
    case "command":
      return `/${text("command")}`;
    case "text": {
      const matching = text("matching") || "equals";
      const texts = Array.isArray(options.texts)
        ? options.texts.filter((one) => typeof one === "string")
        : [];
      if (matching === "any" || texts.length === 0) return t("trigger-any-text");
      return t(`trigger-text-${matching}`, { texts: texts.map((one) => `«${one}»`).join(", ") });
    }
    case "start_link":
      return text("code") || t("trigger-any-link");
    case "button":
      return text("data") || t("trigger-any-button");
    case "mini_app":
      return text("app") || t("trigger-any-app");
    default:
      return filled(trigger, kind);
  }
}

/** What was filled in, as far as it says something by itself. */
function filled({ options }: Trigger, kind: CatalogTrigger | undefined): string {
  const properties = kind?.schema.properties ?? {};
  const parts = Object.entries(properties).flatMap(([name, property]) => {
    const value = options[name];
    if (value === undefined || value === "" || !isShown(property, options, properties)) return [];
    if (property.enum) return property["x-labels"]?.[String(value)] ?? [];
    return typeof value === "string" || typeof value === "number" ? String(value) : [];
  });
  return parts.slice(0, 3).join(" · ");
}

export function triggerTitle(trigger: Trigger, kind: CatalogTrigger | undefined): string {
  return kind?.title ?? trigger.kind;
}
