const stars = "***";

/** An address without what it may hide: user, password, every value of the query, and a fragment. The text need not be a valid URL. */
export function maskedAddress(text: string): string {
  const withoutUser = text.replace(/^([a-z][a-z0-9+.-]*:)?([/\\]{2})[^/\\?#]*@/i, `$1$2${stars}@`);
  const [, head = "", query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(withoutUser) ?? [];
  const values = query?.replaceAll(/[^&;]+/g, (pair) => {
    const [name, value] = [pair.split("=", 1)[0] ?? "", pair.includes("=")];
    return value ? `${name}=${stars}` : stars;
  });
  return `${head}${values === undefined ? "" : `?${values}`}${fragment === undefined ? "" : `#${stars}`}`;
}

/** Shorter ones guard nothing, and stand in any text by chance. */
const shortestAlone = 6;

/** What of an address a handler may repeat that nobody is to see, for `maskText`: each pair of the query, and its values. */
export function secretsOfAddress(url: string): readonly string[] {
  const [, , query = ""] = /^([^?#]*)\?([^#]*)/.exec(url) ?? [];
  const found = query.split(/[&;]/).flatMap((pair) => {
    const at = pair.indexOf("=");
    const value = pair.slice(at + 1);
    if (value === "") return [];
    const alone = [value, decoded(value)].filter((text) => text.length >= shortestAlone);
    return at === -1 ? alone : [pair, ...alone];
  });
  return [...new Set(found)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
