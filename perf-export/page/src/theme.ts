// Light or dark: as the system says, until somebody says otherwise.

export type Theme = "system" | "light" | "dark";

const KEY = "perf-theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

export function setTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Where nothing may be kept it holds until the page is closed.
  }
}

export function isDark(theme: Theme): boolean {
  return theme === "system" ? system.matches : theme === "dark";
}

export function onSystemTheme(changed: () => void): void {
  system.addEventListener("change", changed);
}

/** A colour of the style sheet, for what is painted. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
