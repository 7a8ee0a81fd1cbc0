import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { type Aborted, readFetched } from "../../support/fetched.ts";
import { bodyOf, plainRecord, rawBatch, recordOf, varint } from "../../support/raw-batch.ts";

const [gzip, transactional, control] = [1, 0x10, 0x20];
/** Of control records: what they end their transaction as. */
const [abort, commit] = [0, 1];

function marker(type: number): Buffer {
  return recordOf(Buffer.of(0), varint(0), varint(0), varint(4), Buffer.of(0, 0, 0, type), varint(-1), varint(0));
}

interface Step {
  readonly producer: number;
  readonly kind: "record" | "abort" | "commit" | "outside";
  /** Looks like the end of a transaction. */
  readonly odd: boolean;
  readonly compressed: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  producer: fc.integer({ min: 1, max: 4 }),
  kind: fc.constantFrom("record", "record", "record", "abort", "commit", "outside"),
  odd: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
  compressed: fc.boolean(),
});

/** A log with these steps, a batch each, and what the broker tells of the transactions that were aborted. */
function logOf(steps: readonly Step[]): { log: Buffer; aborted: Aborted[]; visible: string[] } {
  const open = new Map<number, number[]>();
  const aborted: Aborted[] = [];
  const hidden = new Set<number>();
  const batches = steps.map(({ compressed, kind, odd, producer }, firstOffset) => {
    const producerId = BigInt(producer);
    if (kind === "abort" || kind === "commit") {
      const offsets = open.get(producer) ?? [];
      open.delete(producer);
      hidden.add(firstOffset);
      const [first] = offsets;
      if (kind === "abort" && first !== undefined) {
        aborted.push({ producerId, firstOffset: BigInt(first) });
        for (const offset of offsets) hidden.add(offset);
      }
      const records = [marker(kind === "abort" ? abort : commit)];
      return rawBatch({ records, firstOffset, attributes: control | transactional, producerId });
    }
    if (kind === "record") open.set(producer, [...(open.get(producer) ?? []), firstOffset]);
    const attributes = (kind === "record" ? transactional : 0) | (compressed ? gzip : 0);
    const records = [odd ? marker(abort) : plainRecord(0, "key")];
    const body = compressed ? gzipSync(bodyOf(records)) : bodyOf(records);
    return rawBatch({ records, body, firstOffset, attributes, producerId });
  });
  // In the order of their ends, as the broker has them.
  const visible = steps.flatMap((_, at) => (hidden.has(at) ? [] : [String(at)]));
  return { log: Buffer.concat(batches), aborted, visible };
}

test("of transactions that were given up nothing is seen, of the others everything, however they are interleaved", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const { aborted, log, visible } = logOf(steps);
      const messages = await readFetched(log, aborted);
      const seen = messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => offset);
      assert.deepEqual(seen, visible);
      // Positions move past what nobody sees.
      assert.equal(messages.length, steps.length);
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 500) },
  );
});
