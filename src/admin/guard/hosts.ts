import { hostname, networkInterfaces } from "node:os";

/**
 * The names under which the listener may be asked. A page of another site can make its own name point to this address
 * (DNS rebinding) and would then count as the same origin; but it cannot make a browser send another Host header.
 */
export function allowedHosts(boundHost: string, named: readonly string[]): ReadonlySet<string> {
  return new Set((named.length > 0 ? named : namesOf(boundHost)).map((name) => name.toLowerCase()));
}

/** Whether a Host header is one of them, at any port: a proxy or a container may map it. */
export function isAllowedHost(header: string | undefined, allowed: ReadonlySet<string>): boolean {
  const name = hostName(header);
  return name !== undefined && allowed.has(name);
}

/** The Host header without its port, IPv6 without brackets; undefined for what is none. */
function hostName(header: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@[\]\s]+))(?::\d{1,5})?$/i.exec(header ?? "") ?? [];
  return (bracketed ?? plain)?.toLowerCase().replace(/\.$/, "");
}

function namesOf(boundHost: string): readonly string[] {
  const host = boundHost.replace(/^\[|\]$/g, "");
  if (isLoopback(host)) return ["localhost", "127.0.0.1", "::1", host];
  if (host !== "0.0.0.0" && host !== "::") return [host];
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return ["localhost", hostname(), ...addresses];
}

/** Addresses of this machine alone, and the name that means them. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
