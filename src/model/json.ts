/**
 * A strict reader of JSON (RFC 8259) for what handlers answer and people type. JSON.parse will not do: it takes the last of two equal
 * keys without a word, turns numbers into floats, and has no bound on depth.
 */
import { type Json, JsonNumber } from "./answer.ts";

export type JsonReading =
  | { readonly kind: "json"; readonly value: Json }
  | { readonly kind: "refused"; readonly detail: string };

/** Deepest nesting of arrays and objects that is read. */
const maxJsonDepth = 32;

/** Longest number, in characters; no field of any schema comes near it. */
const maxNumberLength = 128;
/** Largest power of ten, either way: "1e999999999" is short to write and ruinous to expand. */
const maxExponent = 400;

/**
 * Reads UTF-8 bytes. Refused: anything that is not JSON, invalid UTF-8 (lone surrogates too), equal keys in one
 * object, the keys `__proto__` and `constructor`, nesting deeper than 32. One byte order mark at the start is ignored, as RFC 8259
 * permits. Objects have no prototype.
 */
export function readJson(bytes: Uint8Array): JsonReading {
  const text = decodeUtf8(bytes);
  return text === undefined ? { kind: "refused", detail: "not valid UTF-8" } : readJsonText(text);
}

/** The text of UTF-8 bytes without a byte order mark; undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** As `readJson`, of text. */
export function readJsonText(text: string): JsonReading {
  const reader = new Reader(text);
  try {
    return { kind: "json", value: reader.document() };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { kind: "refused", detail: thrown.message };
    throw thrown;
  }
}

/** Leaves the recursion of the reader; never leaves this file. */
class Refusal extends Error {}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE]([+-]?\d+))?$/;
const quote = 0x22;
const backslash = 0x5c;
const firstPrintable = 0x20;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const words = [
  ["true", true],
  ["false", false],
  ["null", null],
] as const;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    this.#space();
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) this.#refuse("text after the end of the document");
    return value;
  }

  #value(depth: number): Json {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(this.#deeper(depth));
      case "[":
        return this.#array(this.#deeper(depth));
      case '"':
        return this.#string();
      default:
        return this.#number() ?? this.#word();
    }
  }

  #deeper(depth: number): number {
    if (depth >= maxJsonDepth) this.#refuse(`nested deeper than ${maxJsonDepth}`);
    this.#at++;
    this.#space();
    return depth + 1;
  }

  #object(depth: number): Json {
    const members: Record<string, Json> = Object.create(null) as Record<string, Json>;
    if (this.#taken("}")) return members;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#refuse(`expected a key in double quotes, found ${this.#found()}`);
      const key = this.#string();
      // A key can be long and hold anything: only where it stands is told.
      if (key === "__proto__" || key === "constructor") this.#refuse(`the key ${key} is not allowed`);
      if (key in members) this.#refuse("a key stands twice in one object");
      this.#space();
      this.#expect(":");
      this.#space();
      members[key] = this.#value(depth);
      this.#space();
    } while (this.#taken(","));
    this.#expect("}");
    return members;
  }

  #array(depth: number): Json {
    const items: Json[] = [];
    if (this.#taken("]")) return items;
    do {
      this.#space();
      items.push(this.#value(depth));
      this.#space();
    } while (this.#taken(","));
    this.#expect("]");
    return items;
  }

  #string(): string {
    this.#at++;
    let out = "";
    for (;;) {
      const from = this.#at;
      let code = this.#code();
      while (code !== quote && code !== backslash && code >= firstPrintable) {
        this.#at++;
        code = this.#code();
      }
      out += this.#text.slice(from, this.#at);
      if (Number.isNaN(code)) this.#refuse("a string does not end");
      this.#at++;
      if (code === quote) break;
      if (code !== backslash) this.#refuse("a control character in a string");
      out += this.#escape();
    }
    if (!out.isWellFormed()) this.#refuse("a lone surrogate in a string");
    return out;
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? "";
    const meaning = escapes[letter];
    if (meaning !== undefined) return meaning;
    const hex = this.#text.slice(this.#at, this.#at + 4);
    if (letter !== "u" || !/^[\da-fA-F]{4}$/.test(hex)) this.#refuse("an unknown escape in a string");
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  /** Undefined when no number stands here. */
  #number(): JsonNumber | undefined {
    const from = this.#at;
    while (isOfNumber(this.#code())) this.#at++;
    if (this.#at === from) return undefined;
    if (this.#at - from > maxNumberLength) this.#refuse("a number is too long");
    const source = this.#text.slice(from, this.#at);
    const [whole, exponent] = number.exec(source) ?? [];
    if (whole === undefined) this.#refuse("not a number");
    if (exponent !== undefined && Math.abs(Number(exponent)) > maxExponent) this.#refuse("a number is out of range");
    return new JsonNumber(source);
  }

  #word(): boolean | null {
    const word = words.find(([name]) => this.#text.startsWith(name, this.#at));
    if (word === undefined) this.#refuse(`expected a JSON value, found ${this.#found()}`);
    this.#at += word[0].length;
    return word[1];
  }

  /** The code unit that is next; NaN at the end of the text. */
  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #space(): void {
    for (;;) {
      const code = this.#code();
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #taken(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#taken(character)) this.#refuse(`expected ${character}, found ${this.#found()}`);
  }

  /** One character only: what follows may be anything, also a secret. */
  #found(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? "the end of the text" : JSON.stringify(String.fromCodePoint(code));
  }

  #refuse(what: string): never {
    throw new Refusal(`${what} (at character ${Math.min(this.#at, this.#text.length) + 1})`);
  }
}

/** A digit, or one of + - . E e. */
function isOfNumber(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e || code === 0x2b || (code | 0x20) === 0x65;
}
