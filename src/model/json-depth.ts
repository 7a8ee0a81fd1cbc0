/**
 * How deep JSON text is nested; of text that is no JSON something. Seen before it is parsed: whoever walks or writes what is
 * nested deep enough would run out of stack. Pure.
 */
export function depthOfJson(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text[at];
    if (inString) {
      if (unit === "\\") at++;
      else if (unit === '"') inString = false;
    } else if (unit === '"') inString = true;
    else if (unit === "[" || unit === "{") deepest = Math.max(deepest, ++depth);
    else if (unit === "]" || unit === "}") depth--;
  }
  return deepest;
}
