import { zstdDecompress } from "node:zlib";
import { holdInflated, maxInflatedBytes } from "./inflation-bound.ts";

/** What Node tells besides: how many bytes it took. Its types know of the buffer only. */
interface Unfolded {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * Zstandard frames, one after another (RFC 8878), skippable ones too: Node's own function stops behind the first. Rejects when
 * the bytes are none, break off, or would unfold to more than `maxInflatedBytes`.
 */
export async function zstdRead(compressed: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  let [at, inflated] = [0, 0];
  do {
    const { buffer, engine } = await unfold(compressed.subarray(at), Math.max(1, maxInflatedBytes - inflated));
    if (engine.bytesWritten === 0) throw new Error("the bytes are not zstd");
    at += engine.bytesWritten;
    inflated += buffer.length;
    holdInflated(inflated);
    parts.push(buffer);
  } while (at < compressed.length);
  return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
}

function unfold(bytes: Buffer, maxOutputLength: number): Promise<Unfolded> {
  return new Promise((resolve, reject) => {
    zstdDecompress(bytes, { maxOutputLength, info: true }, (error, unfolded) => {
      if (error === null) resolve(unfolded as unknown as Unfolded);
      else reject(error);
    });
  });
}
