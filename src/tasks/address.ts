/** IP addresses as bytes, so that one address has one form however it is written. */
import { isIPv4, isIPv6 } from "node:net";

/** A normalized address: an IPv6 address that carries an IPv4 one is that IPv4 address. */
export interface Address {
  readonly family: "ipv4" | "ipv6";
  readonly text: string;
}

/** Undefined when the text is no IP address. A zone (`%eth0`) is dropped. */
export function normalizeAddress(written: string): Address | undefined {
  const text = written.split("%", 1)[0] ?? "";
  if (isIPv4(text)) return { family: "ipv4", text };
  if (!isIPv6(text)) return undefined;
  const groups = groupsOf(text);
  const carried = carriedIPv4(groups);
  if (carried !== undefined) return { family: "ipv4", text: carried };
  return { family: "ipv6", text: groups.map((group) => group.toString(16)).join(":") };
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(text: string): readonly number[] {
  const [head = "", tail] = text.split("::");
  const left = groupList(head);
  if (tail === undefined) return left;
  const right = groupList(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function groupList(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

/**
 * The IPv4 address a packet to this IPv6 address may end at: mapped (::ffff:0:0/96, RFC 4291), translated
 * (::ffff:0:0:0/96), compatible (::/96 but for :: and ::1), NAT64 (64:ff9b::/96, RFC 6052) and 6to4 (2002::/16, RFC 3056).
 */
function carriedIPv4(groups: readonly number[]): string | undefined {
  const [g0, g1 = 0, g2 = 0, g3, g4, g5, g6 = 0, g7 = 0] = groups;
  if (g0 === 0x2002) return dotted(g1, g2);
  const zeros = g1 === 0 && g2 === 0 && g3 === 0;
  if (g0 === 0 && zeros && g4 === 0 && (g5 === 0xffff || g5 === 0)) {
    return g5 === 0 && g6 === 0 && g7 <= 1 ? undefined : dotted(g6, g7);
  }
  if (g0 === 0 && zeros && g4 === 0xffff && g5 === 0) return dotted(g6, g7);
  if (g0 === 0x64 && g1 === 0xff9b && g2 === 0 && g3 === 0 && g4 === 0 && g5 === 0) return dotted(g6, g7);
  return undefined;
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}
