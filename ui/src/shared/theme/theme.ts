export type Theme = "system" | "light" | "dark";

const key = "inflect-theme";
const themes: readonly string[] = ["system", "light", "dark"];

export function storedTheme(): Theme {
  const stored = localStorage.getItem(key);
  return stored && themes.includes(stored) ? (stored as Theme) : "system";
}

/** Sets the colour scheme of the document; system leaves it to prefers-color-scheme. */
export function applyTheme(theme: Theme) {
  localStorage.setItem(key, theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
