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

/** What a field can hold: `precision` digits, `scale` of them after the point. */
export interface DecimalForm {
  readonly precision: number;
  readonly scale: number;
}

/** Longest source text and largest exponent taken: "1e999999999" must not become a gigabyte of zeros. */
const maxDigits = 512;
/** Longer plain text is no amount of money; it bounds the work on a hostile value. */
const maxPlainLength = 200;

const pattern = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
const plainPattern = /^-?[0-9]+(?:\.[0-9]+)?$/;

/** Reads "10", "-0.50", "1.5e3"; undefined when the text is not a decimal or is longer than any field could hold. */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > maxDigits) return undefined;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (Math.abs(fraction.length - Number(exponent)) > maxDigits) return undefined;
  // Zeros are cut off as text, which is far cheaper than by dividing.
  const places = trimZeros(fraction);
  const scale = places.length - Number(exponent);
  const digits = BigInt(whole + places) * (sign === "-" ? -1n : 1n);
  return scale < 0 ? { unscaled: digits * 10n ** BigInt(-scale), scale: 0 } : trimmed(digits, scale);
}

/** As `parseDecimal`, of the form that data has: no exponent, no plus, at most 200 characters. */
export function parsePlainDecimal(text: string): Decimal | undefined {
  return text.length <= maxPlainLength && plainPattern.test(text) ? parseDecimal(text) : undefined;
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

/** The canonical text of model/data.ts: no superfluous zeros, no exponent, no "-0". The scale need not be the smallest. */
export function decimalText({ unscaled, scale }: Decimal): string {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = trimZeros(digits.slice(digits.length - scale));
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.codePointAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}

/** Why a field of this form cannot hold the decimal without rounding, which would be a change nobody asked for. */
export function decimalMisfit(decimal: Decimal, form: DecimalForm): string | undefined {
  if (decimal.scale > form.scale) return `has more than ${form.scale} digits after the point`;
  if (fitsPrecision(unscaledAt(decimal, form.scale), form.precision)) return undefined;
  return `has more than ${form.precision - form.scale} digits before the point`;
}

/** Whether an unscaled value has at most that many digits. */
export function fitsPrecision(unscaled: bigint, precision: number): boolean {
  const limit = powerOfTen(precision);
  return unscaled < limit && unscaled > -limit;
}

const powers: bigint[] = [];

/** Kept, because every decimal read or written is held against one. Only for scales and precisions, which are few. */
function powerOfTen(exponent: number): bigint {
  return (powers[exponent] ??= 10n ** BigInt(exponent));
}

/** Negative, zero or positive, as `left` is smaller than, equal to or larger than `right`. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const difference = subtractDecimals(left, right).unscaled;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return trimmed(unscaledAt(left, scale) + unscaledAt(right, scale), scale);
}

export function subtractDecimals(left: Decimal, right: Decimal): Decimal {
  return addDecimals(left, { unscaled: -right.unscaled, scale: right.scale });
}

/** The unscaled value at a scale not smaller than its own. */
export function unscaledAt(decimal: Decimal, scale: number): bigint {
  return scale === decimal.scale ? decimal.unscaled : decimal.unscaled * powerOfTen(scale - decimal.scale);
}
