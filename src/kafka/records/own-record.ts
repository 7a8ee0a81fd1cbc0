import { messageOf } from "../../errors.ts";
import { unframe } from "../codec/wire.ts";
import type { Registry } from "../registry/registry.ts";

export type OwnRecordReading = { readonly kind: "fields"; readonly fields: Readonly<Record<string, unknown>> } | Unread;
export type Unread =
  | { readonly kind: "unreadable"; readonly detail: string }
  | { readonly kind: "registry-away"; readonly detail: string };

/** Reads a record of the bridge's own with the schema it names, which may be of another version. Never rejects. */
export async function readOwnRecord(
  registry: Pick<Registry, "recordById">,
  name: string,
  value: Buffer,
): Promise<OwnRecordReading> {
  const framed = unframe(value);
  if (framed.kind === "not-wire-format") return { kind: "unreadable", detail: framed.detail };
  const lookup = await registry.recordById(framed.schemaId);
  if (lookup.kind === "away") return { kind: "registry-away", detail: lookup.detail };
  if (lookup.kind !== "record" || lookup.record.name !== name) {
    return { kind: "unreadable", detail: `the schema ${framed.schemaId} is not one of a ${name}` };
  }
  try {
    return { kind: "fields", fields: lookup.record.decode(value) };
  } catch (error) {
    return { kind: "unreadable", detail: messageOf(error) };
  }
}
