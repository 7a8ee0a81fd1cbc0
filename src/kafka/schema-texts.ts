import type { Clock } from "../model/clock.ts";
import type { RegistryClient, TextLookup } from "./registry-client.ts";
import type { RegistryAway } from "./registry-http.ts";

export interface SchemaTextsOptions {
  readonly client: Pick<RegistryClient, "textById">;
  readonly clock: Clock;
  /** How long an unknown id stays unknown without asking again. Milliseconds. */
  readonly unknownForMs: number;
  /** How long nobody asks after the registry failed to answer. Milliseconds. */
  readonly awayForMs: number;
}

/** Unknown ids remembered at once: a producer that sends random ids must not fill the memory. */
const maxUnknown = 1000;

/**
 * Schemas by id. An id means the same schema for ever, so what was found is kept for ever; what was not found is kept
 * for a while, so that neither a stream of records with an unknown id nor a registry that is away is met with a request
 * per record. One request per id is under way at most, however many ask.
 */
export function createSchemaTexts(options: SchemaTextsOptions): (schemaId: number) => Promise<TextLookup> {
  const { client, clock } = options;
  const known = new Map<number, Promise<TextLookup>>();
  const unknownUntil = new Map<number, number>();
  let away: { readonly answer: RegistryAway; readonly untilMs: number } | null = null;

  const isUnknown = (schemaId: number): boolean => {
    const until = unknownUntil.get(schemaId);
    if (until === undefined) return false;
    if (clock.monotonicMs() < until) return true;
    unknownUntil.delete(schemaId);
    return false;
  };

  const ask = async (schemaId: number): Promise<TextLookup> => {
    const answer = await client.textById(schemaId);
    const now = clock.monotonicMs();
    if (answer.kind === "unknown" || answer.kind === "away") known.delete(schemaId);
    if (answer.kind === "away") away = { answer, untilMs: now + options.awayForMs };
    if (answer.kind === "unknown") {
      const [oldest] = unknownUntil.keys();
      if (unknownUntil.size >= maxUnknown && oldest !== undefined) unknownUntil.delete(oldest);
      unknownUntil.set(schemaId, now + options.unknownForMs);
    }
    return answer;
  };

  return async (schemaId) => {
    const underWayOrKept = known.get(schemaId);
    if (underWayOrKept !== undefined) return underWayOrKept;
    if (isUnknown(schemaId)) return { kind: "unknown" };
    if (away !== null && clock.monotonicMs() < away.untilMs) return away.answer;
    const asked = ask(schemaId);
    known.set(schemaId, asked);
    return asked;
  };
}
