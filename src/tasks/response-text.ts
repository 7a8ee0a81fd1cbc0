import { maskText } from "../model/mask.ts";

const decoder = new TextDecoder("utf-8");

export interface BoundedText {
  readonly text: string;
  readonly cut: boolean;
}

/** At most `limit` bytes, read as UTF-8. `complete`: nothing is missing of them already. */
export function boundedText(bytes: Uint8Array, complete: boolean, limit: number): BoundedText {
  const cut = !complete || bytes.length > limit;
  const text = decoder.decode(bytes.length > limit ? bytes.subarray(0, limit) : bytes);
  // A cut may fall into a character.
  return { text: cut ? text.replace(/\ufffd$/, "") : text, cut };
}

/** What a handler returned, as logs keep it: at most `limit` bytes of it, secrets masked by value, one that is cut, too. */
export function responseText(bytes: Uint8Array, limit: number, secrets: readonly string[], complete: boolean): string {
  const { cut, text } = boundedText(bytes, complete, limit);
  return maskText(text, secrets, cut);
}
