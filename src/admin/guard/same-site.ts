import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a write may have been made by another site's page. With tokens it could not: they go in a header that a
 * browser never adds by itself, and there are no cookies. This also holds where everything is open (ADMIN_INSECURE).
 * Programs that are no browsers send neither header.
 */
export function isCrossSite(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const { origin, host } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
}
