import { messageOf } from "../errors.ts";
import { unframe } from "../kafka/codec/wire.ts";
import { readVerdict, type WireVerdict } from "../kafka/records/verdict-codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { Clock } from "../model/clock.ts";
import type { InboundRecord } from "../model/record.ts";
import type { Verdict } from "../model/verdict.ts";
import type { RequestContext } from "./request-verdict.ts";

export type ReplyReading =
  | { readonly kind: "verdict"; readonly verdict: Verdict }
  | { readonly kind: "unusable"; readonly detail: string };

/** What a verdict must be about to be applied. */
export interface Asked extends Pick<RequestContext, "operationId" | "attempt"> {
  /** SHA-256 of what was sent, hex. */
  readonly dataHash: string;
  /** The schema it was written with: changed data comes back with the same. */
  readonly schemaId: number;
}

/**
 * Reads a reply and holds it against what was asked: a verdict about other data, another operation or another attempt is
 * never applied, and data only with an allow. Never rejects; ends at `untilMs` (monotonic) at the latest.
 */
export function readReply(
  registry: Registry,
  record: InboundRecord,
  asked: Asked,
  { clock, untilMs }: { readonly clock: Clock; readonly untilMs: number },
): Promise<ReplyReading> {
  return new Promise((resolve) => {
    const timer = clock.after(untilMs - clock.monotonicMs(), () =>
      resolve(unusable("the reply could not be read in time")),
    );
    const end = (reading: ReplyReading): void => {
      timer.cancel();
      resolve(reading);
    };
    read(registry, record, asked).then(end, (error: unknown) => end(unusable(messageOf(error))));
  });
}

async function read(registry: Registry, { value }: InboundRecord, asked: Asked): Promise<ReplyReading> {
  if (value === null) return unusable("the reply has no value");
  const reading = await readVerdict(registry, value);
  if (reading.kind !== "verdict") return unusable(reading.detail);
  const { dataValue, ...verdict } = reading.verdict;
  const mismatch = mismatchOf(reading.verdict, asked);
  if (mismatch !== null) return unusable(mismatch);
  if (dataValue === null || verdict.decision !== "allow")
    return { kind: "verdict", verdict: { ...verdict, data: null } };
  const framed = unframe(dataValue);
  if (framed.kind !== "framed") return unusable(framed.detail);
  if (framed.schemaId !== asked.schemaId) return unusable("the changed data has another schema than what was asked");
  const lookup = await registry.codecById(framed.schemaId);
  if (lookup.kind !== "codec") return unusable(`the changed data's schema ${framed.schemaId} cannot be had`);
  return { kind: "verdict", verdict: { ...verdict, data: lookup.codec.decode(dataValue) } };
}

function mismatchOf(verdict: WireVerdict, asked: Asked): string | null {
  if (verdict.dataHash !== asked.dataHash) return "the reply is about other data than was asked";
  if (verdict.operationId !== asked.operationId || verdict.attempt !== asked.attempt)
    return "the reply is about another operation";
  return null;
}

function unusable(detail: string): ReplyReading {
  return { kind: "unusable", detail };
}
