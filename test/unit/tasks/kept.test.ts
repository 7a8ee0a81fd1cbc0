import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Kept } from "../../../src/tasks/kept.ts";

const chunks = fc.array(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 60 },
);

test("property: whatever the chunks, the first bytes up to the limit are kept, and what was handed out stays as it was", () => {
  fc.assert(
    fc.property(chunks, fc.nat({ max: 500 }), (added, limit) => {
      const kept = new Kept(limit);
      const handedOut: [Buffer, Buffer][] = [];
      let came = Buffer.alloc(0);
      for (const chunk of added) {
        const room = limit - Math.min(limit, came.length);
        assert.equal(kept.add(chunk), chunk.length <= room);
        came = Buffer.concat([came, chunk]);
        handedOut.push([kept.bytes(), came.subarray(0, limit)]);
      }
      for (const [bytes, expected] of handedOut) assert.deepEqual(bytes, expected);
      assert.deepEqual(kept.bytes(), came.subarray(0, limit));
    }),
  );
});

test("property: more than one chunk is held in one buffer of at most twice its bytes, and never more than the limit", () => {
  fc.assert(
    fc.property(chunks, fc.nat({ max: 500 }), (added, limit) => {
      const kept = new Kept(limit);
      let parts = 0;
      for (const chunk of added) {
        if (chunk.length > 0 && kept.bytes().length < limit) parts++;
        kept.add(chunk);
        if (parts < 2) continue;
        const { buffer, length } = kept.bytes();
        assert.equal(kept.bytes().buffer, buffer);
        assert.ok(buffer.byteLength <= Math.min(limit, 2 * length), `${buffer.byteLength} for ${length} of ${limit}`);
      }
    }),
  );
});

test("one chunk is kept where it is, and is not written to when more comes", () => {
  const memory = Buffer.from("onetwo");
  const kept = new Kept(10);
  kept.add(memory.subarray(0, 3));
  assert.equal(kept.bytes().buffer, memory.buffer);
  kept.add(Buffer.from("more"));
  assert.equal(memory.toString(), "onetwo");
  assert.equal(kept.bytes().toString(), "onemore");
});

test("a byte at a time to the limit is held in as much memory as the limit says", () => {
  const kept = new Kept(256 * 1024);
  for (let at = 0; at < 256 * 1024; at++) assert.ok(kept.add(Buffer.from("x")));
  assert.ok(!kept.add(Buffer.from("x")));
  assert.equal(kept.bytes().buffer.byteLength, 256 * 1024);
  assert.equal(kept.bytes().buffer, kept.bytes().buffer);
});
