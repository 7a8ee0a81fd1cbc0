import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { BridgeError } from "../../errors.ts";

/**
 * Where kafkajs is changed or its internals are called, each reach states what it relies on and refuses to work on anything
 * else: kafkajs offers no other way, and a version that differs must be read again before it is trusted. DESIGN.md, "kafkajs's
 * version", lists who relies on it.
 */
export const patchedVersion = "2.2.4";

/** A function of kafkajs, and what it was when it was read. */
export interface Source {
  /** For whoever has to read it again. */
  readonly name: string;
  /** SHA-256 of its text, as the version above has it. */
  readonly hash: string;
}

/** Throws BridgeError INTERNAL unless this is the function of the version that was read. */
export function assertSource(found: unknown, { hash, name }: Source, version = kafkajsVersion()): void {
  const is = typeof found === "function" ? createHash("sha256").update(String(found)).digest("hex") : "no function";
  if (version === patchedVersion && is === hash) return;
  throw new BridgeError(
    "INTERNAL",
    `kafkajs ${version} is not the ${patchedVersion} this program was written for: read src/kafka/patches/, check ` +
      `${name} (found ${is}) and update the version and the hash`,
  );
}

/**
 * Puts a function made of kafkajs's own in its place. Idempotent. `reads`: what was read, where it is not the function itself.
 * Throws BridgeError INTERNAL when kafkajs is not the version, or the function not the source, that was read.
 */
export function replace<Owner extends object, Name extends keyof Owner>(
  owner: Owner,
  name: Name,
  source: Source,
  make: (upstream: Owner[Name]) => Owner[Name],
  reads: unknown = owner[name],
): void {
  if (replaced.has(owner[name])) return;
  assertSource(reads, source);
  owner[name] = make(owner[name]);
  replaced.add(owner[name]);
}

const replaced = new Set<unknown>();
const require = createRequire(import.meta.url);

/** A module of kafkajs's own, which it does not show. */
export function kafkajsModule(path: string): unknown {
  return require(`kafkajs/src/${path}.js`);
}

export function kafkajsVersion(): string {
  return (require("kafkajs/package.json") as { version: string }).version;
}
