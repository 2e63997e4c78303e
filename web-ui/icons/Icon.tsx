// One Tabler icon, drawn in place.

import icons from "virtual:icons";
import { createElement } from "react";

export function Icon({ name, className = "" }: { name: string; className?: string }) {
  const nodes = icons[name] ?? icons.puzzle ?? [];
  return (
    <svg
      className={`icon ${className}`}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {nodes.map(([tag, attributes]) =>
        createElement(tag, { key: JSON.stringify(attributes), ...attributes }),
      )}
    </svg>
  );
}
