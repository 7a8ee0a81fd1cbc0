import { readFileSync } from "node:fs";
import { BridgeError } from "../../errors.ts";
import { avroNamespace, type Entity, type EventType, eventCatalogue } from "../../model/event-catalogue.ts";
import type { RecordShape } from "../../model/record-shape.ts";
import type { TopicNames } from "../../model/topics.ts";
import { parseSchema } from "../codec/avro-schema.ts";
import { shapeOf } from "../codec/shape.ts";

/** A schema file of this package. */
export interface SchemaFile {
  /** Null for records that are no event. */
  readonly entity: Entity | null;
  /** Avro record name without namespace. */
  readonly record: string;
  /** The schema on one line: what is registered and what is looked up, always the same text. */
  readonly text: string;
}

/** A schema and one place it is registered at. */
export interface Registration {
  readonly schema: SchemaFile;
  readonly topic: string;
  readonly subject: string;
}

// The same three steps up from src/kafka/registry/ and from dist/kafka/registry/.
const folder = new URL("../../../schemas/", import.meta.url);

export const verdictSchema: SchemaFile = load(null, "verdicts", "Verdict");
export const deadLetterSchema: SchemaFile = load(null, "dead-letters", "DeadLetter");
export const parkedSchema: SchemaFile = load(null, "parked", "ParkedRecord");
export const decisionSchema: SchemaFile = load(null, "decisions", "Decision");
export const auditSchema: SchemaFile = load(null, "audit", "AuditEntry");
export const executionSchema: SchemaFile = load(null, "executions", "Execution");
export const heartbeatSchema: SchemaFile = load(null, "bridges", "BridgeHeartbeat");
export const instanceStatusSchema: SchemaFile = load(null, "instances", "InstanceStatus");
export const handlerWriteSchema: SchemaFile = load(null, "handlers", "HandlerWrite");

const eventSchemas: ReadonlyMap<string, SchemaFile> = new Map(
  eventCatalogue.map(({ entity, record }) => [record, load(entity, entity, record)]),
);

/** The schema of an event of the catalogue. */
export function schemaOfEvent(type: EventType): SchemaFile {
  const schema = eventSchemas.get(type.record);
  if (schema === undefined) throw new BridgeError("INTERNAL", `no schema for the record ${type.record}`);
  return schema;
}

/** What the data of an event of the catalogue looks like, by this package's own schema. */
export function shapeOfEvent(type: EventType): RecordShape {
  return shapeOf(parseSchema(schemaOfEvent(type).text));
}

/** `billing.clients-provisioning.ClientsCreate`: Confluent's TopicRecordNameStrategy. */
export function subjectOf(topic: string, record: string): string {
  return `${topic}-${avroNamespace}.${record}`;
}

/** Every place every schema is registered at: an event under its facts and, if it has a before stage, its requests. */
export function registrations(topics: TopicNames): readonly Registration[] {
  const at = (schema: SchemaFile, topic: string | undefined): Registration[] =>
    topic === undefined ? [] : [{ schema, topic, subject: subjectOf(topic, schema.record) }];
  return [
    ...eventCatalogue.flatMap((type) => [
      ...at(schemaOfEvent(type), topics.facts[type.entity]),
      ...(type.before ? at(schemaOfEvent(type), topics.before[type.entity]) : []),
    ]),
    ...at(verdictSchema, topics.verdicts),
    ...at(deadLetterSchema, topics.deadLetters),
    ...at(parkedSchema, topics.parked),
    ...at(heartbeatSchema, topics.bridges),
    ...at(instanceStatusSchema, topics.instances),
    ...at(decisionSchema, topics.decisions),
    ...at(handlerWriteSchema, topics.handlers),
    ...at(executionSchema, topics.executions),
    ...at(auditSchema, topics.audit),
  ];
}

function load(entity: Entity | null, where: string, record: string): SchemaFile {
  const text = readFileSync(new URL(`${where}/${record}.avsc`, folder), "utf8");
  return { entity, record, text: JSON.stringify(JSON.parse(text)) };
}
