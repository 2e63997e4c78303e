// Light, dark, or as the system is. `[data-theme-set="light|dark|auto"]` chooses, `[data-theme-next]` goes to
// the other of light and dark.

type Choice = "light" | "dark" | "auto";

const KEY = "scenaria-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function choice(): Choice {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "auto";
}

function isDark(): boolean {
  return choice() === "dark" || (choice() === "auto" && system.matches);
}

function show(): void {
  document.documentElement.dataset.bsTheme = isDark() ? "dark" : "light";
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-set]")) {
    const chosen = button.dataset.themeSet === choice();
    button.classList.toggle("active", chosen);
    button.setAttribute("aria-pressed", String(chosen));
  }
}

function choose(next: Choice): void {
  if (next === "auto") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  show();
}

export function startThemeSwitch(): void {
  system.addEventListener("change", show);
  addEventListener("storage", (event) => {
    if (event.key === KEY) show();
  });
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const set = target?.closest<HTMLElement>("[data-theme-set]")?.dataset.themeSet;
    if (set === "light" || set === "dark" || set === "auto") choose(set);
    if (target?.closest("[data-theme-next]")) choose(isDark() ? "light" : "dark");
  });
  show();
}
