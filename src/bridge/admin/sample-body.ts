import { createCodec } from "../../kafka/codec/codec.ts";
import { schemaOfEvent } from "../../kafka/registry/schemas.ts";
import { renderBody } from "../../model/body.ts";
import type { Data } from "../../model/data.ts";
import type { EventType } from "../../model/event-catalogue.ts";
import { identify } from "../../model/record-key.ts";
import { sampleData } from "../../model/sample-data.ts";

const sampleTime = "2026-01-01T00:00:00+00:00";

/** What a handler receives when the sample of the event is published: through Avro, so with every default. */
export function sampleBody(type: EventType): string {
  const sample = (sampleData as Readonly<Record<string, unknown>>)[type.id];
  const codec = createCodec(1, schemaOfEvent(type).text);
  const data = codec.decode(codec.encode(sample as Data));
  const body = renderBody(
    {
      id: type.id,
      type: type.id,
      ceId: undefined,
      source: undefined,
      time: sampleTime,
      objectId: identify(type, data, undefined).objectId,
      traceparent: undefined,
      shape: codec.shape,
      data,
    },
    "string",
  );
  return JSON.stringify(JSON.parse(body), null, 2);
}
