/**
 * Avro decimals as text. The wire holds the unscaled integer as big-endian two's complement; in memory a decimal is
 * canonical text ("10.5", "10", "-0.3"), because a float would change amounts of money silently.
 */

/** Longer text is no amount of money; it bounds the work on a hostile value. */
const maxTextLength = 200;
/** Bytes of the largest unscaled value that is read: 10^150 and more than any precision in use. */
const maxBytes = 64;
export const maxPrecision = 150;

const decimalText = /^-?[0-9]+(?:\.[0-9]+)?$/;

export interface DecimalForm {
  readonly precision: number;
  readonly scale: number;
}

export type ParsedDecimal =
  | { readonly kind: "decimal"; readonly unscaled: bigint }
  | { readonly kind: "refused"; readonly why: string };

/** Reads decimal text of any scale that fits without rounding ("10.50" fits scale 1, "10.55" does not). */
export function parseDecimal(text: string, form: DecimalForm): ParsedDecimal {
  if (text.length > maxTextLength || !decimalText.test(text)) {
    return refused('must be a decimal as text, such as "10.5"');
  }
  const [whole = "", fraction = ""] = text.split(".");
  const digits = trimZeros(fraction);
  if (digits.length > form.scale) return refused(`has more than ${form.scale} digits after the point`);
  const unscaled = BigInt(whole + digits.padEnd(form.scale, "0"));
  if (!fits(unscaled, form)) return refused(`has more than ${form.precision - form.scale} digits before the point`);
  // BigInt("-0") is 0, so "-0" becomes canonical "0".
  return { kind: "decimal", unscaled };
}

export function fits(unscaled: bigint, form: DecimalForm): boolean {
  const limit = powerOfTen(form.precision);
  return unscaled < limit && unscaled > -limit;
}

const powers: bigint[] = [];

/** Kept, because every decimal read or written is held against one. */
function powerOfTen(exponent: number): bigint {
  return (powers[exponent] ??= 10n ** BigInt(exponent));
}

/** Canonical text: no superfluous zeros, no "-0". */
export function decimalToText(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = trimZeros(digits.slice(digits.length - scale));
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** The shortest two's complement; with `size` (of an Avro fixed), padded to it. */
export function unscaledToBytes(unscaled: bigint, size?: number): Buffer {
  let length = size ?? 1;
  if (size === undefined) while (BigInt.asIntN(length * 8, unscaled) !== unscaled) length++;
  const hex = BigInt.asUintN(length * 8, unscaled)
    .toString(16)
    .padStart(length * 2, "0");
  return Buffer.from(hex, "hex");
}

/** Undefined when the bytes are too many to be a decimal that this project reads. */
export function bytesToUnscaled(bytes: Buffer): bigint | undefined {
  if (bytes.length === 0) return 0n;
  // Most amounts fit 6 bytes, where reading is some ten times cheaper than by way of hexadecimal text.
  if (bytes.length <= 6) return BigInt(bytes.readIntBE(0, bytes.length));
  if (bytes.length > maxBytes) return undefined;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString("hex")}`));
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.codePointAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}

function refused(why: string): ParsedDecimal {
  return { kind: "refused", why };
}
