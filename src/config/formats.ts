import { BlockList, isIP } from "node:net";
import convict from "convict";

/**
 * Strict formats for convict, whose own are lenient ("7s" becomes 7, "80x" becomes port 80, "x" becomes NaN).
 * Each takes text from the environment or the typed value from a file, and refuses anything else with what it wants.
 */

function whole(value: unknown): unknown {
  return typeof value === "string" && /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : value;
}

function wholeBetween(what: string, lowest: number, highest: number): (value: unknown) => void {
  return (value) => {
    if (!Number.isSafeInteger(value) || (value as number) < lowest || (value as number) > highest) {
      throw new Error(`must be ${what} from ${lowest} to ${highest}, digits only`);
    }
  };
}

function textList(value: unknown): unknown {
  return typeof value === "string"
    ? value
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "")
    : value;
}

function listOf(what: string, isItem: (item: string) => boolean, atLeast = 0): (value: unknown) => void {
  return (value) => {
    const list: readonly unknown[] | null = Array.isArray(value) ? (value as unknown[]) : null;
    if (list === null || list.length < atLeast) throw new Error(`must be ${what}, separated by commas`);
    const wrong = list.find((item) => typeof item !== "string" || !isItem(item));
    if (wrong !== undefined) throw new Error(`must be ${what}, separated by commas; ${JSON.stringify(wrong)} is not`);
  };
}

function isAddress(text: string): boolean {
  return (
    /^(\[[0-9a-f:.]+\]|[^\s:/[\]]+):([1-9]\d{0,4})$/i.test(text) &&
    Number(text.slice(text.lastIndexOf(":") + 1)) <= 65_535
  );
}

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  const family = isIP(address);
  if (family !== 0 && text === address) return true;
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false;
  try {
    new BlockList().addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
    return true;
  } catch {
    return false;
  }
}

function check(isValid: (text: string) => boolean, what: string): (value: unknown) => void {
  return (value) => {
    if (typeof value !== "string" || !isValid(value)) throw new Error(`must be ${what}`);
  };
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/** What Kafka takes as part of a topic or group name. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

function nullable(validate: (value: unknown) => void): (value: unknown) => void {
  return (value) => {
    if (value !== null) validate(value);
  };
}

const formats = {
  milliseconds: { validate: wholeBetween("milliseconds", 0, 2_147_483_647), coerce: whole },
  bytes: { validate: wholeBetween("bytes", 1_048_576, 1_099_511_627_776), coerce: whole },
  "body-bytes": { validate: wholeBetween("bytes", 0, 65_536), coerce: whole },
  count: { validate: wholeBetween("a count", 1, 1_000_000), coerce: whole },
  replication: {
    validate: (value: unknown) => {
      if (value !== -1) wholeBetween("-1 (the broker's default) or a count", 1, 100)(value);
    },
    coerce: whole,
  },
  "port-number": { validate: wholeBetween("a port", 0, 65_535), coerce: whole },
  "optional-port": { validate: nullable(wholeBetween("a port", 0, 65_535)), coerce: whole },
  "yes-no": {
    validate: (value: unknown) => {
      if (typeof value !== "boolean") throw new Error("must be true or false");
    },
    coerce: (value: unknown) => (value === "true" ? true : value === "false" ? false : value),
  },
  text: {
    validate: nullable(check((text) => text !== "", "text that is not empty")),
    coerce: (value: unknown) => value,
  },
  name: {
    validate: check((text) => namePattern.test(text), "letters, digits, '.', '_' and '-', at most 100"),
    coerce: (v: unknown) => v,
  },
  "http-url": {
    validate: nullable(
      check(isHttpUrl, "an http:// or https:// URL without user and password, which have settings of their own"),
    ),
    coerce: (value: unknown) => value,
  },
  "host-ports": { validate: listOf("host:port", isAddress), coerce: textList },
  "host-names": {
    validate: listOf("names or addresses of hosts, without port", (item) =>
      /^[a-z0-9_][a-z0-9._-]{0,252}$|^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(item),
    ),
    coerce: textList,
  },
  texts: { validate: listOf("texts", (item) => item !== ""), coerce: textList },
  names: { validate: listOf("names", (item) => namePattern.test(item)), coerce: textList },
  cidrs: { validate: listOf("addresses or CIDR ranges such as 10.0.0.5, 10.0.0.0/8 or ::1", isCidr), coerce: textList },
} as const;

export type FormatName = keyof typeof formats;

for (const [name, format] of Object.entries(formats)) {
  convict.addFormat({ name, validate: format.validate, coerce: format.coerce });
}
