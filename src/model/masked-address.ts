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
