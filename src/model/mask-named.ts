/**
 * Values in a JSON text, or in what is left of one, by the names they stand under. For what a handler returned, which may
 * hold a secret that no event has held yet; it need not be valid JSON, and it may be cut off anywhere.
 */

interface Span {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

const mostValues = 16;
const longestValue = 512;

/** The text with every value that stands under one of the names replaced by `"***"`; null stays null: that nothing is set is no secret. */
export function maskNamed(text: string, names: readonly string[]): string {
  let out = "";
  let at = 0;
  for (const { from, to } of namedSpans(text, names)) {
    if (text.slice(from, to).trim() === "null") continue;
    out += `${text.slice(at, from)}"***"`;
    at = to;
  }
  return out + text.slice(at);
}

/** The texts and numbers that stand under one of the names, for `maskText`; null: they are too many or too long to be masked. */
export function namedValues(text: string, names: readonly string[]): readonly string[] | null {
  const found = new Set<string>();
  for (const { from, to } of namedSpans(text, names)) {
    if (to - from > mostValues * longestValue) return null;
    for (const [scalar] of text.slice(from, to).matchAll(/"(?:[^"\\]|\\.)*"?|[-+.\w]+/gs)) {
      if (/^(?:null|true|false)$/.test(scalar)) continue;
      const value = scalar.startsWith('"') ? unquoted(scalar) : scalar;
      if (value.length > longestValue) return null;
      if (value !== "") found.add(value);
      if (found.size > mostValues) return null;
    }
  }
  return [...found];
}

function* namedSpans(text: string, names: readonly string[]): Generator<Span> {
  if (names.length === 0) return;
  const key = new RegExp(`"(?:${names.join("|")})"\\s*:\\s*`, "g");
  for (let match = key.exec(text); match !== null; match = key.exec(text)) {
    const from = key.lastIndex;
    const to = endOfValue(text, from);
    yield { from, to };
    key.lastIndex = to;
  }
}

/** The end of the value that starts here; the end of the text if it does not end. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const char = text[at];
    if (char === '"') {
      at = endOfString(text, at);
    } else if (char === "[" || char === "{") {
      depth++;
      at++;
    } else if (char === "]" || char === "}") {
      if (depth === 0) return at;
      depth--;
      at++;
    } else {
      if (depth === 0 && (char === "," || char === "\n")) return at;
      at++;
      continue;
    }
    if (depth === 0) return at;
  }
  return text.length;
}

function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function unquoted(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json.replaceAll('"', "");
  }
}
