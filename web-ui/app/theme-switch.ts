// Light, dark, or as the system is until somebody chooses: `[data-theme-next]` goes to the other one.

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
}

function choose(next: "light" | "dark"): void {
  localStorage.setItem(KEY, next);
  show();
}

export function startThemeSwitch(): void {
  system.addEventListener("change", show);
  addEventListener("storage", (event) => {
    if (event.key === KEY) show();
  });
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("[data-theme-next]")) choose(isDark() ? "light" : "dark");
  });
  show();
}
