import { type LookupAddress, lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Egress } from "./egress.ts";

/** All addresses of a name, as the system resolves it; rejects when there are none. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** What the connector throws when every address is refused. */
export class EgressRefusal extends Error {}

const resolveBySystem: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });

/**
 * A `lookup` for sockets that hands out permitted addresses only, so that the address that was judged is the address
 * that is connected to. The system's resolver has no deadline and few threads: at most one resolution of a name is
 * under way, whoever waits for it; the caller's deadline ends the waiting.
 */
export function createLookup(egress: Egress, resolve: Resolve = resolveBySystem): LookupFunction {
  const underWay = new Map<string, Promise<readonly LookupAddress[]>>();

  const resolved = (hostname: string): Promise<readonly LookupAddress[]> => {
    const known = underWay.get(hostname);
    if (known !== undefined) return known;
    const started = resolve(hostname).finally(() => underWay.delete(hostname));
    underWay.set(hostname, started);
    return started;
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
