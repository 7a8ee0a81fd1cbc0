import { COMPATIBILITY, SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import { messageOf } from "../../errors.ts";
import { typeOf } from "../codec/avro-library.ts";
import type { RegistrySettings } from "../settings.ts";
import { answerOf, credentialsRefused, type RegistryAway, registryFetch } from "./registry-http.ts";
import { guardRequests } from "./registry-middleware.ts";

/**
 * The registry client with a deadline on every call and outcomes that have names. It retries nothing: who asks again,
 * and when, is decided in registry.ts alone (the client's own retries would multiply while a registry struggles).
 */
export interface RegistryClient {
  textById(id: number): Promise<TextLookup>;
  idByText(subject: string, text: string): Promise<IdLookup>;
  /** Sets FULL_TRANSITIVE before the first version: the client alone would set it after, too late for that version. */
  register(subject: string, text: string): Promise<Registered>;
  ping(timeoutMs: number): Promise<RegistryReachable | RegistryAway>;
}

export type TextLookup =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "unusable"; readonly detail: string }
  | RegistryAway;
export type IdLookup = { readonly kind: "id"; readonly id: number } | { readonly kind: "unknown" } | RegistryAway;
export type Registered =
  | { readonly kind: "id"; readonly id: number }
  | { readonly kind: "refused"; readonly detail: string }
  | RegistryAway;
export interface RegistryReachable {
  readonly kind: "reachable";
}

const compatibility = COMPATIBILITY.FULL_TRANSITIVE;

export function createRegistryClient(settings: RegistrySettings): RegistryClient {
  const fetchJson = registryFetch(settings);
  const rawByType = new WeakMap<object, unknown>();
  const registry = new SchemaRegistry(
    {
      host: fetchJson.baseUrl,
      ...(fetchJson.login === null ? {} : { auth: fetchJson.login }),
      retry: { retries: 0 },
      middlewares: [guardRequests(settings.timeoutMs)],
    },
    {
      [SchemaType.AVRO]: {
        // The client keeps only its compiled type, and that drops the annotations: the schema itself is kept here.
        typeHook(schema) {
          const type = typeOf(schema);
          rawByType.set(type, schema);
          return type;
        },
      },
    },
  );
  /** A 404 of anything else, such as a wrong path, must not turn records into poison or setup into an errand. */
  const confirmed404 = async (): Promise<{ readonly kind: "unknown" } | RegistryAway> => {
    const answer = await fetchJson("GET", "/config");
    return answer.kind === "ok" ? { kind: "unknown" } : { kind: "away", detail: answer.detail };
  };
  const within = <T>(promise: Promise<T>) => answerOf(promise, settings.timeoutMs);

  return {
    async textById(id) {
      try {
        const raw = rawByType.get(await within(registry.getSchema(id)));
        return raw === undefined
          ? { kind: "unusable", detail: "it is not an Avro schema" }
          : { kind: "text", text: JSON.stringify(raw) };
      } catch (error) {
        const status = statusOf(error);
        if (status === 404) return confirmed404();
        // Without a status it was not the registry that failed, but the compilation of what it answered.
        return status === undefined ? { kind: "unusable", detail: messageOf(error) } : away(error);
      }
    },
    async idByText(subject, text) {
      try {
        return { kind: "id", id: await within(registry.getRegistryIdBySchema(subject, avro(text))) };
      } catch (error) {
        // Only a 404 loses its status on its way through this call of the client.
        return error instanceof Error && error.name === "ConfluentSchemaRegistryError" ? confirmed404() : away(error);
      }
    },
    async register(subject, text) {
      const set = await fetchJson("PUT", `/config/${encodeURIComponent(subject)}`, { compatibility });
      if (set.kind === "away") return set;
      if (set.kind === "refused") return { kind: "refused", detail: `${compatibility} for ${subject}: ${set.detail}` };
      try {
        const { id } = await within(registry.register(avro(text), { subject, compatibility }));
        return { kind: "id", id };
      } catch (error) {
        const status = statusOf(error);
        return status === 409 || status === 422 ? { kind: "refused", detail: detailOf(error) } : away(error);
      }
    },
    async ping(timeoutMs) {
      const answer = await fetchJson("GET", "/config", undefined, timeoutMs);
      return answer.kind === "ok" ? { kind: "reachable" } : { kind: "away", detail: answer.detail };
    },
  };
}

function avro(text: string): { type: SchemaType.AVRO; schema: string } {
  return { type: SchemaType.AVRO, schema: text };
}

function away(error: unknown): RegistryAway {
  const status = statusOf(error);
  const refused = status === 401 || status === 403;
  return { kind: "away", detail: refused ? credentialsRefused(status) : detailOf(error) };
}

function statusOf(error: unknown): number | undefined {
  return typeof error === "object" && error !== null && "status" in error && typeof error.status === "number"
    ? error.status
    : undefined;
}

/** The registry's own words: the client puts its name before them. */
function detailOf(error: unknown): string {
  return messageOf(error)
    .replace(/^[\w@/-]+ - (?:Error, status \d+: )?/, "")
    .slice(0, 500);
}
