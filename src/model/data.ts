/**
 * An event's data in memory. A key that is not there is *absent*; a key whose value is null *is null*: the two differ.
 *
 * Canonical forms, so that equal values are equal: an integer is a number when it is safe (|n| <= 2^53-1) and a bigint
 * beyond; a decimal is a string without superfluous zeros ("10.5", "10", "-0.3"), never a float.
 */
export type Value = null | boolean | number | bigint | string | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}
export type Data = ValueMap;

/** Whether two canonical values are the same. Maps compare without regard to the order of their keys. */
export function sameValue(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object") return false;
  if (isList(left) || isList(right)) {
    return (
      isList(left) &&
      isList(right) &&
      left.length === right.length &&
      left.every((item, at) => sameValue(item, right[at] ?? null))
    );
  }
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameValue(left[key] ?? null, right[key] ?? null))
  );
}

/** The canonical form of an integer: a number when it is safe, a bigint beyond. */
export function canonicalInteger(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Whether a value is a list (Array.isArray does not narrow readonly arrays). */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
