import { signal } from "@preact/signals";

/** Light, dark, or as the system says. Kept in this browser; public/theme.js applies it before the first paint. */
export type Theme = "auto" | "light" | "dark";

function kept(): Theme {
  const found = document.documentElement.dataset["theme"];
  return found === "light" || found === "dark" ? found : "auto";
}

export const theme = signal<Theme>(kept());

export function setTheme(to: Theme): void {
  theme.value = to;
  if (to === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = to;
  try {
    if (to === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", to);
  } catch {
    // Storage is off: it holds until the page is read again.
  }
}
