/**
 * Exact decimals by their text: money never passes through a float.
 *
 * A parsed decimal is `unscaled * 10^-scale` with the smallest scale >= 0, so that equal decimals have equal parts and
 * "10.0", "10.00" and "1e1" are one value.
 */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** Longest source text and largest exponent taken: "1e999999999" must not become a gigabyte of zeros. */
const maxDigits = 512;

const pattern = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Reads "10", "-0.50", "1.5e3"; undefined when the text is not a decimal or is longer than any field could hold. */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > maxDigits) return undefined;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const scale = fraction.length - Number(exponent);
  if (Math.abs(scale) > maxDigits) return undefined;
  const digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  return scale < 0 ? { unscaled: digits * 10n ** BigInt(-scale), scale: 0 } : trimmed(digits, scale);
}

function trimmed(unscaled: bigint, scale: number): Decimal {
  let digits = unscaled;
  let places = scale;
  while (places > 0 && digits % 10n === 0n) {
    digits /= 10n;
    places -= 1;
  }
  return { unscaled: digits, scale: places };
}

/** The canonical text of model/data.ts: no superfluous zeros, no exponent, no "-0". */
export function decimalText(decimal: Decimal): string {
  const digits = (decimal.unscaled < 0n ? -decimal.unscaled : decimal.unscaled)
    .toString()
    .padStart(decimal.scale + 1, "0");
  const sign = decimal.unscaled < 0n ? "-" : "";
  if (decimal.scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimal.scale)}.${digits.slice(-decimal.scale)}`;
}

/** Digits before the decimal point that the value needs; 0 for "0.5". */
export function integerDigits(decimal: Decimal): number {
  const whole = decimal.unscaled / 10n ** BigInt(decimal.scale);
  return whole === 0n ? 0 : (whole < 0n ? -whole : whole).toString().length;
}

/** Negative, zero or positive, as `left` is smaller than, equal to or larger than `right`. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const difference = subtractDecimals(left, right).unscaled;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return trimmed(atScale(left, scale) + atScale(right, scale), scale);
}

export function subtractDecimals(left: Decimal, right: Decimal): Decimal {
  return addDecimals(left, { unscaled: -right.unscaled, scale: right.scale });
}

function atScale(decimal: Decimal, scale: number): bigint {
  return decimal.unscaled * 10n ** BigInt(scale - decimal.scale);
}
