import { signal } from "@preact/signals";

/** The address is the state: what is shown, filtered and opened can be copied and sent. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

function here(): Place {
  return { path: window.location.pathname, query: new URLSearchParams(window.location.search) };
}

export const place = signal<Place>(here());

/** Asked before a page with unsaved work is left. */
let hold: (() => boolean) | null = null;
export function holdPage(mayLeave: (() => boolean) | null): void {
  hold = mayLeave;
}

export function go(to: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  const samePage = new URL(to, window.location.href).pathname === window.location.pathname;
  if (!samePage && hold?.() === false) return;
  if (replace) window.history.replaceState(null, "", to);
  else window.history.pushState(null, "", to);
  place.value = here();
  if (!samePage) window.scrollTo(0, 0);
}

/** Sets parts of the query and keeps the others; empty ones go. */
export function setQuery(parts: Readonly<Record<string, string | null>>): void {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(parts)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  go(place.value.path + (text === "" ? "" : `?${text}`), { replace: true });
}

/** Links are plain links: they open in a new tab, can be copied, and without a modifier stay in this page. */
export function followLinks(): void {
  window.addEventListener("popstate", () => {
    const samePage = window.location.pathname === place.value.path;
    if (!samePage && hold?.() === false) {
      // The browser has gone already: back to where the work is.
      const query = place.value.query.toString();
      window.history.pushState(null, "", place.value.path + (query === "" ? "" : `?${query}`));
      return;
    }
    place.value = here();
  });
  window.addEventListener("beforeunload", (event) => {
    if (hold !== null) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = (event.target as Element | null)?.closest("a");
    if (link === null || link === undefined || link.target !== "" || link.origin !== window.location.origin) return;
    const href = link.getAttribute("href") ?? "";
    if (!href.startsWith("/") || href.startsWith("/api/")) return;
    event.preventDefault();
    go(href);
  });
}
