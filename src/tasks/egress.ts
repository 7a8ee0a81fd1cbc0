/**
 * Which addresses a handler may have. A handler's address is written by people who need not be trusted with the
 * bridge's own network, and names can be made to resolve to anything: the check is made on the address that is about to be
 * connected to, at every connect.
 */
import { BlockList, isIP } from "node:net";
import { BridgeError } from "../errors.ts";
import { normalizeAddress } from "./address.ts";

export interface Egress {
  /** Why this IP address is refused; null when it may be called. */
  refusalOf(address: string): string | null;
  /**
   * What is wrong with a handler's URL as far as the text alone tells: scheme, credentials, a literal address that is
   * refused in whatever notation. Null when nothing is. Names are judged when they are connected to.
   */
  checkLiteral(url: string): string | null;
}

/** Never allowed: link-local, cloud metadata and wire servers, "this network", multicast, reserved, broadcast. */
const neverAllowed: readonly string[] = [
  "0.0.0.0/8",
  "169.254.0.0/16",
  "168.63.129.16",
  "100.100.100.200",
  "192.0.0.192",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::",
  "fe80::/10",
  "fd00:ec2::254",
  "fd20:ce::254",
  "ff00::/8",
];

/** Allowed only when EGRESS_ALLOW names them: loopback, private, shared (RFC 6598), unique-local, site-local. */
const onlyByName: readonly string[] = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "192.0.0.0/24",
  "198.18.0.0/15",
  "::1",
  "fc00::/7",
  "fec0::/10",
  "64:ff9b:1::/48",
];

/**
 * @param allow CIDRs or single addresses (the setting EGRESS_ALLOW). They open private and loopback addresses; nothing
 *   opens link-local and metadata addresses.
 * @throws BridgeError SETTINGS_INVALID when one of them is neither.
 */
export function createEgress(allow: readonly string[]): Egress {
  const never = blockList(neverAllowed);
  const restricted = blockList(onlyByName);
  const opened = blockList(allow);

  const refusalOf = (address: string): string | null => {
    const normal = normalizeAddress(address);
    if (normal === undefined) return `${address} is not an IP address`;
    const { family, text } = normal;
    if (never.check(text, family))
      return `${address} is a link-local, metadata or otherwise special address, which are always refused`;
    if (!restricted.check(text, family) || opened.check(text, family)) return null;
    return `${address} is a private or loopback address; name it in EGRESS_ALLOW to call it`;
  };

  const checkLiteral = (url: string): string | null => {
    if (!URL.canParse(url)) return "not a URL";
    const { protocol, hostname, username, password } = new URL(url);
    if (protocol !== "http:" && protocol !== "https:") return `${protocol} is neither http: nor https:`;
    if (username !== "" || password !== "") return "credentials in the URL are not supported: use secretRef";
    const host = hostOf(hostname);
    return isIP(host) === 0 ? null : refusalOf(host);
  };

  return { refusalOf, checkLiteral };
}

/** A URL's hostname without the brackets of an IPv6 literal. */
export function hostOf(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) add(list, range.trim());
  return list;
}

function add(list: BlockList, range: string): void {
  const [address = "", prefix, ...rest] = range.split("/");
  const version = isIP(address);
  const family = version === 4 ? "ipv4" : "ipv6";
  const longest = version === 4 ? 32 : 128;
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (version === 0 || rest.length > 0 || length < 0 || length > longest) {
    throw new BridgeError(
      "SETTINGS_INVALID",
      `EGRESS_ALLOW: "${range}" is neither an IP address nor a CIDR such as 10.0.0.0/8`,
    );
  }
  list.addSubnet(address, length, family);
}
