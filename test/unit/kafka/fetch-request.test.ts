import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import fc from "fast-check";
import { encodeFetchRequest, type FetchRequest } from "../../../src/kafka/protocol/fetch-request.ts";

const require = createRequire(import.meta.url);

type UpstreamVersion = (of: FetchRequest) => { request: { encode(): Promise<{ buffer: Buffer }> } };

/** What kafkajs itself would send. */
async function upstream(request: FetchRequest): Promise<Buffer> {
  const { protocol } = require("kafkajs/src/protocol/requests/fetch/index.js") as {
    protocol: (of: { version: number }) => UpstreamVersion;
  };
  return (await protocol({ version: 11 })(request).request.encode()).buffer;
}

const bytes = fc.nat(2 ** 31 - 1);
const partition = fc.record({
  partition: fc.nat(100),
  fetchOffset: fc.bigInt({ min: -2n, max: 2n ** 63n - 1n }).map(String),
  maxBytes: bytes,
});
const request: fc.Arbitrary<FetchRequest> = fc.record(
  {
    replicaId: fc.constantFrom(undefined, -1, 4),
    maxWaitTime: bytes,
    minBytes: bytes,
    maxBytes: bytes,
    isolationLevel: fc.constantFrom(undefined, 0, 1),
    topics: fc.array(
      fc.record({
        topic: fc.string({ unit: "grapheme", maxLength: 30 }),
        partitions: fc.array(partition, { maxLength: 9 }),
      }),
      { maxLength: 5 },
    ),
    rackId: fc.constantFrom(undefined, "", "rack-é"),
  },
  { requiredKeys: ["maxWaitTime", "minBytes", "maxBytes", "topics"] },
);

test("a fetch request is, byte for byte, what kafkajs would send", async () => {
  await fc.assert(
    fc.asyncProperty(request, async (one) => {
      assert.deepEqual(encodeFetchRequest(one), await upstream(one));
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 150) },
  );
});
