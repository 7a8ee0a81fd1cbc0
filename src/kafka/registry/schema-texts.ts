import type { Clock } from "../../model/clock.ts";
import type { RegistryClient, TextLookup } from "./registry-client.ts";
import type { RegistryAway } from "./registry-http.ts";

export interface SchemaTextsOptions {
  readonly client: Pick<RegistryClient, "textById">;
  readonly clock: Clock;
  /** How long an id without a usable schema stays so without asking again. Milliseconds. */
  readonly unknownForMs: number;
  /** How long nobody asks after the registry failed to answer. Milliseconds. */
  readonly awayForMs: number;
}

/** Ids without a usable schema remembered at once: a producer that sends random ids must not fill the memory. */
const maxUseless = 1000;

/**
 * Schemas by id. An id means the same schema for ever, so what was found is kept for ever; what was not found is kept
 * for a while, so that neither a stream of records with an unknown id nor a registry that is away is met with a request
 * per record. One request per id is under way at most, however many ask.
 */
export function createSchemaTexts(options: SchemaTextsOptions): (schemaId: number) => Promise<TextLookup> {
  const { client, clock } = options;
  const known = new Map<number, Promise<TextLookup>>();
  /** What is no schema, and until when nobody asks again. */
  const useless = new Map<number, { readonly answer: TextLookup; readonly untilMs: number }>();
  let away: { readonly answer: RegistryAway; readonly untilMs: number } | null = null;

  const knownUseless = (schemaId: number): TextLookup | undefined => {
    const kept = useless.get(schemaId);
    if (kept === undefined || clock.monotonicMs() < kept.untilMs) return kept?.answer;
    useless.delete(schemaId);
    return undefined;
  };

  const ask = async (schemaId: number): Promise<TextLookup> => {
    const answer = await client.textById(schemaId);
    if (answer.kind === "text") return answer;
    known.delete(schemaId);
    const nowMs = clock.monotonicMs();
    if (answer.kind === "away") {
      away = { answer, untilMs: nowMs + options.awayForMs };
      return answer;
    }
    const [oldest] = useless.keys();
    if (useless.size >= maxUseless && oldest !== undefined) useless.delete(oldest);
    useless.set(schemaId, { answer, untilMs: nowMs + options.unknownForMs });
    return answer;
  };

  return async (schemaId) => {
    const underWayOrKept = known.get(schemaId);
    if (underWayOrKept !== undefined) return underWayOrKept;
    const kept = knownUseless(schemaId);
    if (kept !== undefined) return kept;
    if (away !== null && clock.monotonicMs() < away.untilMs) return away.answer;
    const asked = ask(schemaId);
    known.set(schemaId, asked);
    return asked;
  };
}
