import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import kafkajs from "kafkajs";
import { compressFrameSync } from "lz4-napi";
import { compressSync } from "snappy";
import { type CompressionCodec, installCodecs } from "../../../src/kafka/connection/compression.ts";
import { maxInflatedBytes } from "../../../src/kafka/connection/inflation-bound.ts";

installCodecs();
const { CompressionCodecs, CompressionTypes } = kafkajs;
const codecs = {
  gzip: CompressionCodecs[CompressionTypes.GZIP]() as CompressionCodec,
  snappy: CompressionCodecs[CompressionTypes.Snappy]() as CompressionCodec,
  lz4: CompressionCodecs[CompressionTypes.LZ4]() as CompressionCodec,
  zstd: CompressionCodecs[CompressionTypes.ZSTD]() as CompressionCodec,
};

/** What a batch says that cannot be read; nothing for one that can. */
async function saidOf(decompressed: Promise<Buffer>): Promise<string> {
  const batch = await decompressed;
  const { slice } = batch as { slice?: () => Buffer };
  return Object.hasOwn(batch, "slice") && slice !== undefined ? slice().toString() : "";
}

// What org.apache.kafka.common.compress (kafka-clients 4.3.1) compressed into test/fixtures/compression.
const fixtureText = Array.from(
  { length: 3000 },
  (_, at) => `client ${at % 97} has a balance of ${(at * at) % 1000}\n`,
).join("");

for (const [name, codec] of Object.entries(codecs)) {
  const javaReads = new URL(`../../fixtures/compression/java-client.${name}`, import.meta.url);
  test(`${name} as Kafka's Java client writes it is read, over several blocks`, async () => {
    // gzip has one form, whoever writes it.
    const written = name === "gzip" ? gzipSync(fixtureText) : readFileSync(javaReads);
    assert.equal((await codec.decompress(written)).toString(), fixtureText);
  });

  test(`${name} gives back whatever it was given`, async () => {
    const bytes = fc.uint8Array({ maxLength: 100_000, size: "max" });
    await fc.assert(
      fc.asyncProperty(bytes, async (array) => {
        const plain = Buffer.from(array);
        assert.ok((await codec.decompress(await codec.compress({ buffer: plain }))).equals(plain));
      }),
      { numRuns: 30 },
    );
  });

  test(`bytes that are not ${name} give way to records that say so`, async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Buffer.from("plain")]) {
      assert.match(
        await saidOf(codec.decompress(bytes)),
        new RegExp(`cannot be read as ${name}`),
        bytes.toString("hex"),
      );
    }
  });
}

test("raw snappy is read as well as the Java client's blocks", async () => {
  assert.equal((await codecs.snappy.decompress(compressSync(fixtureText))).toString(), fixtureText);
});

test("snappy is written in the Java client's blocks", async () => {
  const written = await codecs.snappy.compress({ buffer: Buffer.from("x") });
  assert.equal(written.subarray(1, 7).toString("latin1"), "SNAPPY");
});

test("a snappy stream whose last block breaks off is refused", async () => {
  const whole = await codecs.snappy.compress({ buffer: Buffer.from(fixtureText) });
  for (const cut of [1, 3, 5000]) {
    assert.match(await saidOf(codecs.snappy.decompress(whole.subarray(0, whole.length - cut))), /cannot be read/);
  }
});

test("snappy that claims to unfold to gigabytes is refused before anything is allocated", async () => {
  const claim = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]);
  assert.match(await saidOf(codecs.snappy.decompress(claim)), /more than it may/);
});

test("zstd that unfolds to more than the bound is refused", async () => {
  const bomb = zstdCompressSync(Buffer.alloc(maxInflatedBytes + 1));
  assert.ok(bomb.length < 64 * 1024);
  assert.match(await saidOf(codecs.zstd.decompress(bomb)), /cannot be read/);
});

test("gzip that unfolds to more than the bound is refused, which kafkajs's own codec does not do", async () => {
  const bomb = gzipSync(Buffer.alloc(maxInflatedBytes + 1));
  assert.ok(bomb.length < 1024 * 1024);
  assert.match(await saidOf(codecs.gzip.decompress(bomb)), /cannot be read/);
});

test("lz4 that unfolds to more than the bound is refused before anything is unfolded", async () => {
  const most = compressFrameSync(Buffer.alloc(maxInflatedBytes));
  assert.ok(most.length < 1024 * 1024);
  assert.equal((await codecs.lz4.decompress(most)).length, maxInflatedBytes);
  const bomb = compressFrameSync(Buffer.alloc(maxInflatedBytes + 1));
  assert.match(await saidOf(codecs.lz4.decompress(bomb)), /more than it may/);
});

test("a second lz4 frame is refused: what stands in it would be lost", async () => {
  const frame = compressFrameSync(Buffer.from(fixtureText));
  assert.match(await saidOf(codecs.lz4.decompress(Buffer.concat([frame, frame]))), /cannot be read/);
});

test("lz4 frames with checksums, and blocks that could not be compressed, are measured as they unfold", async () => {
  const random = randomBytes(300_000);
  const plain = Buffer.concat([random, Buffer.alloc(300_000), random]);
  for (const contentChecksum of [false, true]) {
    for (const blockChecksums of [false, true]) {
      const frame = compressFrameSync(plain, { contentChecksum, blockChecksums });
      assert.ok((await codecs.lz4.decompress(frame)).equals(plain));
    }
  }
});

test("an lz4 frame that breaks off is refused", async () => {
  const whole = compressFrameSync(Buffer.from(fixtureText));
  for (const cut of [1, 3, 5000]) {
    assert.match(await saidOf(codecs.lz4.decompress(whole.subarray(0, whole.length - cut))), /cannot be read/);
  }
});

test("installing twice keeps the codecs", () => {
  installCodecs();
  assert.equal(CompressionCodecs[CompressionTypes.LZ4](), codecs.lz4);
});
