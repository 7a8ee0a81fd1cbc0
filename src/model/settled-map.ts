/**
 * Which offsets past a committed position are settled, as text in the commit's metadata, so that a restart repeats only
 * what was unfinished.
 *
 * Text: `s1.` and base64url of varints (LEB128): `from`, `until - from`, then the unsettled offsets in [from, until) as
 * runs. A run is (gap since the end of the last run) * 2, plus 1 when it is longer than one offset, and then its length.
 * Everything in [from, until) that is in no run is settled; nothing is known of what lies outside.
 */
export interface SettledMap {
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
  /** Ascending, all in [from, until). */
  readonly unsettled: readonly number[];
}

const prefix = "s1.";

/** Longest text, in bytes: brokers refuse more than 4,096 (`offset.metadata.max.bytes`) by default. */
export const longestMetadata = 4000;

/** Most offsets one map speaks of: far above what a partition may hold open, and a bound on what foreign text can cost. */
const longestSpan = 1_000_000;

/** Bytes before base64 that fit beside the prefix, less the two numbers in front (at most eight bytes each). */
const room = Math.floor(((longestMetadata - prefix.length) * 3) / 4) - 16;

/**
 * Encodes the map; `unsettled` yields ascending offsets from `from` on and may go past `until`.
 * What does not fit is cut off at the far end: those offsets count as unknown, and are at worst delivered again.
 */
export function encodeSettled(from: number, until: number, unsettled: Iterable<number>): string {
  const body: number[] = [];
  let covered = Math.min(until, from + longestSpan);
  let ended = from;
  let start = -1;
  let length = 0;
  const flush = (): boolean => {
    if (start < 0) return true;
    const size = body.length;
    pushVarint(body, (start - ended) * 2 + (length > 1 ? 1 : 0));
    if (length > 1) pushVarint(body, length);
    if (body.length > room) {
      body.length = size;
      covered = start;
      return false;
    }
    ended = start + length;
    return true;
  };
  let fits = true;
  for (const offset of unsettled) {
    if (offset >= covered) break;
    if (start >= 0 && offset === start + length) length++;
    else {
      fits = flush();
      if (!fits) break;
      start = offset;
      length = 1;
    }
  }
  if (fits) flush();
  const head: number[] = [];
  pushVarint(head, from);
  pushVarint(head, covered - from);
  return prefix + Buffer.from([...head, ...body]).toString("base64url");
}

/** Reads a map; null for anything else, such as the metadata of another program or a map that contradicts itself. */
export function decodeSettled(text: string): SettledMap | null {
  if (!text.startsWith(prefix) || text.length > longestMetadata) return null;
  const bytes = Buffer.from(text.slice(prefix.length), "base64url");
  const numbers = readVarints(bytes);
  if (numbers === null || numbers.length < 2) return null;
  const [from = 0, size = 0] = numbers;
  if (size > longestSpan) return null;
  const until = from + size;
  const unsettled: number[] = [];
  let at = from;
  for (let index = 2; index < numbers.length; index++) {
    const token = numbers[index] ?? 0;
    const length = token % 2 === 1 ? (numbers[++index] ?? 0) : 1;
    at += Math.floor(token / 2);
    if (length < 1 || at + length > until) return null;
    for (let run = 0; run < length; run++) unsettled.push(at++);
  }
  return Number.isSafeInteger(until) ? { from, until, unsettled } : null;
}

/** Arithmetic instead of bit shifts: offsets pass 2^31. */
function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function readVarints(bytes: Buffer): number[] | null {
  const numbers: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of bytes) {
    value += (byte % 128) * scale;
    if (value > Number.MAX_SAFE_INTEGER) return null;
    if (byte >= 128) scale *= 128;
    else {
      numbers.push(value);
      value = 0;
      scale = 1;
    }
  }
  return scale === 1 ? numbers : null;
}
