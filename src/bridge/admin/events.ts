import type { EventDetail, EventField, EventRow } from "../../admin/contract/events.ts";
import type { Events } from "../../admin/ports.ts";
import type { DefinitionReading } from "../../config/definition.ts";
import { BridgeError } from "../../errors.ts";
import { parseSchema } from "../../kafka/codec/avro-schema.ts";
import { schemaOfEvent, shapeOfEvent } from "../../kafka/registry/schemas.ts";
import { type EventType, eventCatalogue, findEventType } from "../../model/event-catalogue.ts";
import type { Handler } from "../../model/handler.ts";
import type { HandlerDefinition } from "../../model/handler-log.ts";
import { dataFromJson, jsonOf } from "../../model/json-data.ts";
import { explainEvent } from "../explain-event.ts";
import { sampleBody } from "./sample-body.ts";

type Read = (definition: HandlerDefinition) => DefinitionReading;

/** The events of the catalogue, and of vendors as far as handlers name them. */
export function createEvents(read: Read, deadlineMs: number): Events {
  const usable = (definitions: readonly HandlerDefinition[]): readonly Handler[] =>
    definitions.flatMap((definition) => {
      const reading = read(definition);
      return reading.kind === "usable" ? [reading.handler] : [];
    });
  return {
    list: (definitions) => {
      const handlers = usable(definitions);
      const vendors = new Set(handlers.flatMap(({ events }) => events).filter((id) => findEventType(id) === undefined));
      return [...eventCatalogue.map(({ id }) => id), ...[...vendors].sort()].map((id) => rowOf(id, handlers));
    },
    detail: (id, definitions) => {
      const type = findEventType(id);
      const row = rowOf(type?.id ?? id, usable(definitions));
      if (type !== undefined) return detailOf(type, row);
      const isNamed = row.handlers.before.length + row.handlers.after.length > 0;
      return isNamed ? { row, fields: [], sample: null, schema: null } : null;
    },
    explain: async (id, { client, data: given }, definitions) => {
      const type = findEventType(id);
      if (type === undefined)
        throw new BridgeError("UNKNOWN_EVENT", `no schema is known of "${id}", so nothing can be explained of it`);
      const data = dataFromJson(JSON.stringify(given), shapeOfEvent(type));
      const explained = await explainEvent(type, data, usable(definitions), deadlineMs, client);
      return JSON.parse(jsonOf(explained)) as Record<string, unknown>;
    },
  };
}

function rowOf(id: string, handlers: readonly Handler[]): EventRow {
  const type = findEventType(id);
  const named = handlers.filter(({ events, status }) => status !== "archived" && events.includes(id));
  const of = (stage: Handler["stage"]): string[] => named.filter((one) => one.stage === stage).map((one) => one.id);
  return {
    id,
    aliases: [...(type?.aliases ?? [])],
    entity: type?.entity ?? null,
    label: type?.label ?? id,
    before: type?.before ?? true,
    handlers: { before: of("before"), after: of("after") },
  };
}

function detailOf(type: EventType, row: EventRow): EventDetail {
  const { text } = schemaOfEvent(type);
  const docs = new Map(parseSchema(text).fields.map(({ name, doc }) => [name, doc]));
  const fields = shapeOfEvent(type).fields.map(
    ({ name, type: { kind }, nullable, secret }): EventField => ({
      name,
      type: kind,
      nullable,
      doc: docs.get(name) ?? null,
      secret,
    }),
  );
  return { row, fields, sample: sampleBody(type), schema: JSON.stringify(JSON.parse(text), null, 2) };
}
