import { useState } from "react";
import { applyTheme, storedTheme, type Theme } from "@/shared/theme/theme";
import { IconButton } from "@/shared/ui/Button";

const next: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const icons = { system: "auto", light: "sun", dark: "moon" } as const;

export function ThemeToggle() {
  const [theme, setTheme] = useState(storedTheme);
  const turn = () => {
    applyTheme(next[theme]);
    setTheme(next[theme]);
  };
  return <IconButton icon={icons[theme]} label={`Colours: ${theme}. Switch to ${next[theme]}`} className="theme-toggle" onClick={turn} />;
}
