// Sets the theme before the first paint. The only blocking script of a page: it has to stay tiny, and free of
// imports so that it is no module.
{
  const stored = localStorage.getItem("scenaria-theme");
  const dark =
    stored === "dark" || (stored !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
}
