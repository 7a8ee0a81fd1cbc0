import { messageOf } from "../../errors.ts";
import type { Data, Value } from "../../model/data.ts";
import type { BridgeEvent } from "../../model/event.ts";
import { canonicalEventId, findEventType, findEventTypeByRecord } from "../../model/event-catalogue.ts";
import type { Admission, Reading, RecordReader } from "../../model/reading.ts";
import { type InboundRecord, lastHeader } from "../../model/record.ts";
import type { RecordShape } from "../../model/record-shape.ts";
import type { Codec } from "../codec/codec.ts";
import { unframe } from "../codec/wire.ts";
import { unreadableHeader } from "../protocol/unreadable-header.ts";
import type { Registry } from "../registry/registry.ts";
import { parseEventHeaders } from "./headers.ts";
import { isoTime } from "./wire-values.ts";

/** Reads records with the schemas they name. Nothing here throws or rejects: whatever a record holds has an outcome. */
export function createReader({
  registry,
}: {
  readonly registry: Pick<Registry, "cached" | "codecById">;
}): RecordReader {
  return {
    admit,
    read(record) {
      if (record.value === null) return poison("not-wire-format", "the record has no value");
      const framed = unframe(record.value);
      if (framed.kind === "not-wire-format") return poison("not-wire-format", framed.detail);
      const cached = registry.cached(framed.schemaId);
      // The usual case, without waiting for anything.
      if (cached !== undefined) return readWith(cached, record, record.value);
      return readAsLookedUp(registry.codecById(framed.schemaId), framed.schemaId, record, record.value);
    },
  };
}

async function readAsLookedUp(
  looking: ReturnType<Registry["codecById"]>,
  schemaId: number,
  record: InboundRecord,
  value: Buffer,
): Promise<Reading> {
  const lookup = await looking;
  switch (lookup.kind) {
    case "codec":
      return readWith(lookup.codec, record, value);
    case "unknown":
      return poison("unknown-schema", `the registry does not know the schema id ${schemaId}`);
    case "unusable":
      return poison("undecodable", lookup.detail);
    case "away":
      return { kind: "registry-away", detail: lookup.detail };
  }
}

function admit(record: InboundRecord): Admission {
  if (record.value === null) return { kind: "tombstone" };
  const unreadable = lastHeader(record.headers, unreadableHeader);
  if (unreadable !== undefined) return poison("undecodable", unreadable.toString());
  const type = lastHeader(record.headers, "ce_type")?.toString() ?? "";
  if (type === "") return poison("missing-header", "the header ce_type is missing");
  return { kind: "admitted", eventId: canonicalEventId(type), type };
}

function readWith(codec: Codec, record: InboundRecord, value: Buffer): Reading {
  const headers = parseEventHeaders(record.headers);
  const { type } = headers;
  if (type === undefined) return poison("missing-header", "the header ce_type is missing");
  if (!agree(type, codec.shape.record)) {
    return poison("type-mismatch", `ce_type is ${type}, but the record is a ${codec.shape.record}`);
  }
  let data: Data;
  try {
    data = codec.decode(value);
  } catch (error) {
    return poison("undecodable", messageOf(error));
  }
  const event: BridgeEvent = {
    id: canonicalEventId(type),
    type,
    ceId: headers.id,
    source: headers.source,
    time: headers.time ?? isoTime(record.timestampMs),
    objectId: headers.subject ?? objectIdOf(data, codec.shape),
    traceparent: headers.traceparent,
    shape: codec.shape,
    data,
  };
  return { kind: "event", event, recode: codec.recode };
}

/** Known ids and known records belong together; a vendor's own id with a vendor's own record is nobody's business. */
function agree(type: string, record: string): boolean {
  return findEventType(type) === findEventTypeByRecord(record);
}

/** The field of the role id (the client's, of a balance), in a vendor's schema without roles the one named id. */
function objectIdOf(data: Data, shape: RecordShape): string | null {
  const name = shape.fields.find((field) => field.role === "id")?.name ?? "id";
  const id: Value = data[name] ?? null;
  return typeof id === "number" || typeof id === "bigint" || typeof id === "string" ? String(id) : null;
}

function poison<R extends string>(reason: R, detail: string): { kind: "poison"; reason: R; detail: string } {
  return { kind: "poison", reason, detail };
}
