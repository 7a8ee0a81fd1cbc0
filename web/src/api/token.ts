/** The bearer token, for as long as the tab lives and no longer; never in an address, never in a cookie. */
const key = "token";
let held: string | null = null;

try {
  held = sessionStorage.getItem(key);
} catch {
  // Storage is off: the token lives as long as the page.
}

export function token(): string | null {
  return held;
}

export function keepToken(text: string | null): void {
  held = text;
  try {
    if (text === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // As above.
  }
}
