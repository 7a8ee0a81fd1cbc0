import { type LookupAddress, lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { type Clock, systemClock } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import type { Egress } from "./egress.ts";

/** All addresses of a name, as the system resolves it; rejects when there are none. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** All addresses of a name are refused, or the one that an URL names. */
export class EgressRefusal extends Error {}

const resolveBySystem: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });

interface Asked {
  readonly answer: Promise<readonly LookupAddress[]>;
  readonly sinceMs: number;
}

/** How long a name whose addresses are known waits for newer ones, milliseconds; a resolver that works takes a few. */
const patienceMs = 50;
/** How long addresses may stand in for newer ones, milliseconds. */
const keptMs = 3600_000;

/**
 * A `lookup` for sockets that hands out permitted addresses only, so that the address that was judged is the address
 * that is connected to. The system's resolver has no deadline and few threads: at most one resolution of a name is
 * under way, whoever waits for it; the caller's deadline ends the waiting.
 *
 * Two names whose servers do not answer are enough to occupy those threads, in both stages. So a name keeps its last
 * addresses, and goes on with them while its resolution takes long or the resolver says that it failed for now.
 */
export function createLookup(
  egress: Egress,
  resolve: Resolve = resolveBySystem,
  clock: Clock = systemClock,
): LookupFunction {
  const underWay = new Map<string, Asked>();
  const kept = new Map<string, { readonly addresses: readonly LookupAddress[]; readonly atMs: number }>();

  const ask = (hostname: string): Asked => {
    const resolution = resolve(hostname).finally(() => underWay.delete(hostname));
    const asked = { answer: resolution, sinceMs: clock.monotonicMs() };
    underWay.set(hostname, asked);
    resolution.then(
      (addresses) => kept.set(hostname, { addresses, atMs: clock.monotonicMs() }),
      () => undefined,
    );
    return asked;
  };

  const resolved = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const { answer, sinceMs } = underWay.get(hostname) ?? ask(hostname);
    const known = kept.get(hostname);
    const nowMs = clock.monotonicMs();
    if (known === undefined || nowMs - known.atMs > keptMs) return answer;
    const leftMs = sinceMs + patienceMs - nowMs;
    if (leftMs <= 0 || (await bounded(answer, leftMs, clock)) === "late") return known.addresses;
    return answer.catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "EAI_AGAIN") return known.addresses;
      throw error;
    });
  };

  const permitted = async (hostname: string, family: number): Promise<[LookupAddress, ...LookupAddress[]]> => {
    const addresses = await resolved(hostname);
    const [first, ...rest] = addresses.filter(({ address }) => egress.refusalOf(address) === null);
    if (first === undefined) {
      const why = addresses.map(({ address }) => egress.refusalOf(address)).join("; ");
      throw new EgressRefusal(`${hostname} has no address that may be called: ${why}`);
    }
    const ofFamily = [first, ...rest].filter((address) => family === 0 || address.family === family);
    const [head = first, ...tail] = ofFamily;
    return [head, ...tail];
  };

  return (hostname, options, done) => {
    const family = options.family === "IPv4" ? 4 : options.family === "IPv6" ? 6 : (options.family ?? 0);
    permitted(hostname, family).then(
      (addresses) => {
        if (options.all === true) done(null, addresses);
        else done(null, addresses[0].address, addresses[0].family);
      },
      (error: unknown) => done(error as NodeJS.ErrnoException, "", 0),
    );
  };
}
