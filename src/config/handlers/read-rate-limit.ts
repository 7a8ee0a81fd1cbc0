import type { RateLimit } from "../../model/handler.ts";
import type { Part } from "./part.ts";

/** Calls a second: from one in a hundred seconds to as many as a single instance could ever make. */
const rates = { least: 0.01, most: 10_000 } as const;

/** `rateLimit: { perSecond: 50, burst: 10 }`; without a burst, as many as in a second, at least one. */
export function readRateLimit(part: Part): RateLimit | undefined {
  const keys = part.keys(["perSecond", "burst"]);
  const rate = keys.get("perSecond");
  const burst = keys.get("burst")?.whole(1, rates.most);
  if (rate === undefined) return part.tree.kind === "map" ? part.problem("needs perSecond") : undefined;
  const perSecond = rate.number(rates.least, rates.most);
  return perSecond === undefined ? undefined : { perSecond, burst: burst ?? Math.max(1, Math.floor(perSecond)) };
}
