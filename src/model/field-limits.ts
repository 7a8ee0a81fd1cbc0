import { type Decimal, decimalText, parsePlainDecimal, unscaledAt } from "./decimal.ts";
import type { Field, FieldType } from "./record-shape.ts";

/**
 * What binds the value of a field beyond its kind, said once: for what handlers answer (before/) and for what is written
 * (kafka/codec/). Each says what is wrong, or undefined; never the value, which may be a secret.
 */

type TextType = Extract<FieldType, { kind: "string" }>;

export function textMisfit(text: string, { maxLength, oneOf }: Omit<TextType, "kind">): string | undefined {
  // A lone surrogate has no UTF-8 form: it would come back as another character.
  if (!text.isWellFormed()) return "holds half of a character (a lone surrogate)";
  if (maxLength !== undefined && isLonger(text, maxLength)) return `is longer than ${maxLength} characters`;
  return oneOf === undefined || oneOf.includes(text) ? undefined : `must be one of ${oneOf.join(", ")}`;
}

/** Counts characters as a database does: an emoji is one, though JavaScript counts two. */
function isLonger(text: string, maxLength: number): boolean {
  if (text.length <= maxLength) return false;
  return text.length > 2 * maxLength || Array.from(text).length > maxLength;
}

const bits = { int: 32, long: 64 } as const;

/** Also refuses a number that is not whole, or past 2^53-1, where it has lost digits already. */
export function integerMisfit(value: unknown, kind: "int" | "long"): string | undefined {
  const fits =
    typeof value === "bigint"
      ? BigInt.asIntN(bits[kind], value) === value
      : Number.isSafeInteger(value) && (kind === "long" || ((value as number) | 0) === value);
  return fits ? undefined : `must be an integer of ${bits[kind]} bits`;
}

/** Holds an unscaled value of the field's scale against its bounds. */
export type RangeMisfit = (unscaled: number | bigint) => string | undefined;

/** The field's `minimum` and `maximum`, read once. Throws Error when one is no decimal of this scale. */
export function rangeMisfit(bounds: Pick<Field, "minimum" | "maximum">, scale: number): RangeMisfit {
  const least = boundOf("minimum", bounds, scale);
  const most = boundOf("maximum", bounds, scale);
  const text = (unscaled: bigint): string => decimalText({ unscaled, scale });
  return (value) => {
    if (least !== undefined && value < least) return `is below ${text(least)}`;
    return most !== undefined && value > most ? `is above ${text(most)}` : undefined;
  };
}

function boundOf(
  name: "minimum" | "maximum",
  bounds: Pick<Field, "minimum" | "maximum">,
  scale: number,
): bigint | undefined {
  const source = bounds[name];
  if (source === undefined) return undefined;
  const bound: Decimal | undefined = parsePlainDecimal(source);
  if (bound === undefined || bound.scale > scale) throw new Error(`${name} is not a decimal of scale ${scale}`);
  return unscaledAt(bound, scale);
}
