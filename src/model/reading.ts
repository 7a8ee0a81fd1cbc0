import type { BridgeEvent } from "./event.ts";
import type { InboundRecord } from "./record.ts";

/** Reading a record in two steps: by its headers alone, then its value. Neither step throws. */

export type PoisonReason =
  | "missing-header" // ce_type is absent or empty
  | "not-wire-format" // the value is not magic byte 0 and a schema id
  | "unknown-schema" // the registry does not know the schema id
  | "undecodable" // the bytes do not fit the schema they name, or their batch cannot be unpacked
  | "type-mismatch" // ce_type disagrees with the record's schema
  | "unaddressed"; // a replay to a handler that is no more, or no longer takes the event

/** What the headers alone tell. */
export type Admission =
  | {
      readonly kind: "admitted";
      readonly eventId: string;
      readonly type: string;
      /** It was sent for its own sake, as a replay is: no newer event stands for it, and it stands for none. */
      readonly single?: true;
    }
  | { readonly kind: "tombstone" }
  | { readonly kind: "poison"; readonly reason: PoisonReason; readonly detail: string };

export type Reading =
  | { readonly kind: "event"; readonly event: BridgeEvent; readonly recode: Recode }
  | { readonly kind: "poison"; readonly reason: PoisonReason; readonly detail: string }
  /** The registry does not answer: nothing is known about the record; ask again later. */
  | { readonly kind: "registry-away"; readonly detail: string };

/**
 * Encodes data with the *writer schema of the record it came from* and decodes it again.
 * Returns the decoded data and the Kafka value; throws BridgeError DATA_INVALID when it does not fit.
 */
export type Recode = (data: BridgeEvent["data"]) => { readonly data: BridgeEvent["data"]; readonly value: Buffer };

export interface RecordReader {
  admit(record: InboundRecord): Admission;
  /** At once if nothing has to be waited for, as it is nearly always. */
  read(record: InboundRecord): Reading | Promise<Reading>;
}
