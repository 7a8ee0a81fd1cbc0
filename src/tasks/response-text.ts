import { maskText } from "../model/mask.ts";

const decoder = new TextDecoder("utf-8");

/** What a handler returned, as logs keep it: at most `limit` bytes of it, read as UTF-8, secrets masked by value. */
export function responseText(bytes: Uint8Array, limit: number, secrets: readonly string[], complete: boolean): string {
  const whole = complete && bytes.length <= limit;
  const text = decoder.decode(whole ? bytes : bytes.subarray(0, limit));
  // A cut may fall into a character, and into a secret.
  return maskText(whole ? text : text.replace(/\ufffd$/, ""), secrets, !whole);
}
