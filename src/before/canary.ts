import { createHash } from "node:crypto";
import type { BeforeHandler } from "../model/handler.ts";

/** Shares are told apart to a hundredth of a percent. */
const buckets = 10_000;

/**
 * Whether a handler decides about this client, or only watches. A pure function of the handler's id, its share and the
 * client, so that every instance says the same, a client stays where it is, and a larger share holds every client of a
 * smaller one. Handlers are told apart, so that not always the same clients go first.
 */
export function decidesFor(
  { canary, id, mode }: Pick<BeforeHandler, "canary" | "id" | "mode">,
  client: string,
): boolean {
  if (mode === "shadow") return false;
  return canary === undefined || bucketOf(id, client) < (canary * buckets) / 100;
}

/** Whether a handler may have to watch. */
export function isShadowOfSome({ canary, mode }: Pick<BeforeHandler, "canary" | "mode">): boolean {
  return mode === "shadow" || canary !== undefined;
}

function bucketOf(handlerId: string, client: string): number {
  return createHash("sha256").update(`${handlerId}\n${client}`).digest().readUInt32BE() % buckets;
}
