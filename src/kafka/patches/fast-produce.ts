import { BridgeError } from "../../errors.ts";
import { encodeProduceRequest, type ProduceRequest } from "../protocol/produce-request.ts";
import { encoded } from "./encoded.ts";
import { kafkajsModule, replace, type Source } from "./patch.ts";

export const produceRequestSource: Source = {
  name: "the Produce request",
  hash: "0c90601f2e60bbab5663b6db0e8e701688dd55ba15cc16c5c419b3a13bc7d7b5",
};

/** Versions whose body is that of version 3 (kafka.apache.org/protocol#The_Messages_Produce). */
const [firstVersion, lastVersion] = [3, 7];

type Options = ProduceRequest & { readonly compression?: number };
type Make = (options: Options) => { readonly request: Request };

interface Request {
  readonly apiKey: number;
  readonly apiName: string;
  readonly apiVersion: number;
  readonly expectResponse: () => boolean;
  readonly encode: () => Promise<unknown>;
}

interface ProduceVersions {
  protocol: (of: { readonly version: number }) => Make | undefined;
}

/**
 * Produce requests are written by protocol/produce-request.ts; a compressed one by kafkajs as before. Idempotent.
 * Throws BridgeError INTERNAL when kafkajs is not the version, or the request not the source, that was read.
 */
export function writeProduceFast(): void {
  const make = (upstream: ProduceVersions["protocol"]): ProduceVersions["protocol"] => {
    return (of) => {
      const known = upstream(of);
      if (known === undefined || of.version < firstVersion || of.version > lastVersion) return known;
      return (options) => {
        const made = known(options);
        if ((options.compression ?? 0) !== 0) return made;
        return { ...made, request: requestOf(made.request, options) };
      };
    };
  };
  replace(produceVersions(), "protocol", produceRequestSource, make, upstreamRequest());
}

/**
 * Encoded once, and of its records nothing is kept after that: a connection's Map of requests that are out keeps what it has
 * outgrown alive for a while.
 */
function requestOf({ apiKey, apiName, apiVersion }: Request, options: Options): Request {
  const { acks } = options;
  let left: Options | null = options;
  return {
    ...{ apiKey, apiName, apiVersion },
    expectResponse: () => acks !== 0,
    encode: () => {
      if (left === null) return Promise.reject(new BridgeError("INTERNAL", "a Produce request was encoded twice"));
      const body = encodeProduceRequest(left, Date.now());
      left = null;
      return Promise.resolve(encoded(body));
    },
  };
}

/** kafkajs's list of versions of the request, for the patch and its tests. */
export function produceVersions(): ProduceVersions {
  return kafkajsModule("protocol/requests/produce/index") as ProduceVersions;
}

/** What makes the request in kafkajs. */
export function upstreamRequest(): unknown {
  return kafkajsModule("protocol/requests/produce/v3/request");
}
