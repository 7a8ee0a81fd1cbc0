import { BridgeError, messageOf } from "../../errors.ts";
import { type Clock, systemClock } from "../../model/clock.ts";
import { ownCommand } from "../../model/own-command.ts";
import { type AvroRecord, createAvroRecord } from "../codec/avro-record.ts";
import { type Codec, createCodec } from "../codec/codec.ts";
import type { RegistrySettings } from "../settings.ts";
import { createRegistryClient, type RegistryClient, type RegistryReachable } from "./registry-client.ts";
import type { RegistryAway } from "./registry-http.ts";
import { createSchemaTexts } from "./schema-texts.ts";

/** The schema registry as the rooms need it. Nothing here rejects, but the three that say so. Every wait is bounded. */
export interface Registry {
  /** The codec of a schema that was used before, without waiting. */
  cached(schemaId: number): Codec | undefined;
  codecById(schemaId: number): Promise<CodecLookup>;
  recordById(schemaId: number): Promise<RecordLookup>;
  /** Throws BridgeError NOT_SET_UP when it is not registered, REGISTRY_UNAVAILABLE when that cannot be found out. */
  codecBySchema(subject: string, text: string): Promise<Codec>;
  /** Throws as codecBySchema. */
  recordBySchema(subject: string, text: string): Promise<AvroRecord>;
  /**
   * Registers a schema under FULL_TRANSITIVE, set before the first version. Idempotent.
   * Throws BridgeError SCHEMA_REFUSED with the registry's reason, REGISTRY_UNAVAILABLE when it is away.
   */
  register(subject: string, text: string): Promise<"registered" | "unchanged">;
  /** Whether the registry answers, within `timeoutMs` (by default the settings'). */
  ping(timeoutMs?: number): Promise<RegistryReachable | RegistryAway>;
}

export type CodecLookup = { readonly kind: "codec"; readonly codec: Codec } | NotFound;
export type RecordLookup = { readonly kind: "record"; readonly record: AvroRecord } | NotFound;
export type NotFound =
  /** The registry does not know the id. */
  | { readonly kind: "unknown" }
  /** It knows a schema that cannot hold what was asked for, such as one that is not Avro. */
  | { readonly kind: "unusable"; readonly detail: string }
  /** It did not answer, or refused to: nothing is known. */
  | RegistryAway;

export interface RegistryOptions {
  readonly clock?: Clock;
  /** How long an unknown id stays unknown without asking again. Milliseconds [10,000]. */
  readonly unknownForMs?: number;
  /** How long nobody asks after the registry failed to answer. Milliseconds [500]. */
  readonly awayForMs?: number;
  readonly client?: RegistryClient;
}

export function createRegistry(settings: RegistrySettings, options: RegistryOptions = {}): Registry {
  const { clock = systemClock, unknownForMs = 10_000, awayForMs = 500 } = options;
  const client = options.client ?? createRegistryClient(settings);
  const textById = createSchemaTexts({ client, clock, unknownForMs, awayForMs });
  const ids = new Map<string, number>();
  const codecs = createShelf(createCodec);
  const records = createShelf(createAvroRecord);

  const byId = async <T>(shelf: Shelf<T>, schemaId: number): Promise<Compiled<T> | NotFound> => {
    const kept = shelf.kept(schemaId);
    if (kept !== undefined) return kept;
    const answer = await textById(schemaId);
    return answer.kind === "text" ? shelf.compile(schemaId, answer.text) : answer;
  };

  const bySchema = async <T>(shelf: Shelf<T>, subject: string, text: string): Promise<T> => {
    const key = `${subject}\n${text}`;
    const schemaId = ids.get(key) ?? (await idOf(client, subject, text));
    ids.set(key, schemaId);
    const result = shelf.compile(schemaId, text);
    if (result.kind === "unusable") throw new BridgeError("INTERNAL", `the schema of ${subject}: ${result.detail}`);
    return result.compiled;
  };

  return {
    cached(schemaId) {
      const kept = codecs.kept(schemaId);
      return kept?.kind === "compiled" ? kept.compiled : undefined;
    },
    async codecById(schemaId) {
      const result = await byId(codecs, schemaId);
      return result.kind === "compiled" ? { kind: "codec", codec: result.compiled } : result;
    },
    async recordById(schemaId) {
      const result = await byId(records, schemaId);
      return result.kind === "compiled" ? { kind: "record", record: result.compiled } : result;
    },
    codecBySchema: (subject, text) => bySchema(codecs, subject, text),
    recordBySchema: (subject, text) => bySchema(records, subject, text),
    async register(subject, text) {
      const before = await client.idByText(subject, text);
      if (before.kind === "id") return "unchanged";
      const answer = before.kind === "away" ? before : await client.register(subject, text);
      switch (answer.kind) {
        case "id":
          return "registered";
        case "refused":
          throw new BridgeError("SCHEMA_REFUSED", `the registry refused the schema of ${subject}: ${answer.detail}`);
        case "away":
          throw unavailable(answer);
      }
    },
    ping: (timeoutMs = settings.timeoutMs) => client.ping(timeoutMs),
  };
}

interface Compiled<T> {
  readonly kind: "compiled";
  readonly compiled: T;
}

type Shelved<T> = Compiled<T> | { readonly kind: "unusable"; readonly detail: string };

/** What was compiled from schemas, by their ids, kept for ever: an id never means another schema. */
interface Shelf<T> {
  kept(schemaId: number): Shelved<T> | undefined;
  compile(schemaId: number, text: string): Shelved<T>;
}

function createShelf<T>(compile: (schemaId: number, text: string) => T): Shelf<T> {
  const shelved = new Map<number, Shelved<T>>();
  const attempt = (schemaId: number, text: string): Shelved<T> => {
    try {
      return { kind: "compiled", compiled: compile(schemaId, text) };
    } catch (error) {
      return { kind: "unusable", detail: messageOf(error) };
    }
  };
  return {
    kept: (schemaId) => shelved.get(schemaId),
    compile(schemaId, text) {
      const result = shelved.get(schemaId) ?? attempt(schemaId, text);
      shelved.set(schemaId, result);
      return result;
    },
  };
}

async function idOf(client: RegistryClient, subject: string, text: string): Promise<number> {
  const answer = await client.idByText(subject, text);
  switch (answer.kind) {
    case "id":
      return answer.id;
    case "unknown":
      throw new BridgeError(
        "NOT_SET_UP",
        `the registry does not hold this version's schema of ${subject}: run \`${ownCommand} setup\``,
      );
    case "away":
      throw unavailable(answer);
  }
}

function unavailable(answer: RegistryAway): BridgeError {
  return new BridgeError("REGISTRY_UNAVAILABLE", `the schema registry cannot be used: ${answer.detail}`);
}
