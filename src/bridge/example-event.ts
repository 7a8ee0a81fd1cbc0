import { createCodec } from "../kafka/codec/codec.ts";
import { schemaOfEvent } from "../kafka/registry/schemas.ts";
import type { Data } from "../model/data.ts";
import type { BridgeEvent } from "../model/event.ts";
import type { EventType } from "../model/event-catalogue.ts";
import type { Recode } from "../model/reading.ts";
import { identify } from "../model/record-key.ts";

/** An event that never was: what one with this data would be. */
export interface ExampleEvent {
  readonly event: BridgeEvent;
  readonly recode: Recode;
  /** The record's key, if it would have one. */
  readonly key: string | null;
}

/** The schema id of a codec that never leaves this process. */
const pseudoSchemaId = 1;

/** Throws ProblemsError DATA_INVALID, which names every field that does not fit this package's own schema. */
export function exampleEvent(type: EventType, given: Data, ceId: string, source: string): ExampleEvent {
  const codec = createCodec(pseudoSchemaId, schemaOfEvent(type).text);
  const { data } = codec.recode(given);
  const { objectId, key } = identify(type, data, undefined);
  const time = new Date().toISOString();
  const event: BridgeEvent = {
    ...{ id: type.id, type: type.id, ceId, source, time, objectId, traceparent: undefined, shape: codec.shape, data },
  };
  return { event, recode: codec.recode, key };
}
