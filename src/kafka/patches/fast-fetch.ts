import { inflate } from "../connection/compression.ts";
import { encodeFetchRequest, type FetchRequest } from "../protocol/fetch-request.ts";
import { decodeFetchResponse } from "../protocol/fetch-response.ts";
import { encoded } from "./encoded.ts";
import { assertSource, kafkajsModule, replace, type Source } from "./patch.ts";

export const fetchResponseSource: Source = {
  name: "the answer to Fetch",
  hash: "159b1098f90cb2154cb9e2578394c50979d1c1081be9323a042a38477336658a",
};

export const fetchRequestSource: Source = {
  name: "the Fetch request",
  hash: "53fa27c4b1384171db2e7c0991ab735d0e6a8a49caa00b15c3225e582a56bdcd",
};

/** The last version that kafkajs knows; a broker before Kafka 2.3 speaks an older one, which kafkajs writes and reads itself. */
const fastVersion = 11;

interface Response {
  readonly decode: (bytes: Buffer) => Promise<unknown>;
}
type Make = (options: FetchRequest) => { readonly request: Request; readonly response: Response };

interface Request {
  readonly encode: () => Promise<unknown>;
}

interface FetchVersions {
  protocol: (of: { readonly version: number }) => Make | undefined;
}

type DecoderClass = new (buffer: Buffer) => { offset: number };

/**
 * Fetch requests are written by protocol/fetch-request.ts, answers to them read by protocol/fetch-response.ts. Idempotent.
 * Throws BridgeError INTERNAL when kafkajs is not the version, or a function not the source, that was read.
 */
export function fetchFast(): void {
  const make = (upstream: FetchVersions["protocol"]): FetchVersions["protocol"] => {
    assertSource(upstreamFetchRequest(), fetchRequestSource);
    const decode = (bytes: Buffer): Promise<unknown> => decodeFetchResponse(bytes, inflate, readByKafkajs);
    return (of) => {
      const known = upstream(of);
      if (known === undefined || of.version !== fastVersion) return known;
      return (options) => {
        const made = known(options);
        const encode = (): Promise<unknown> => Promise.resolve(encoded(encodeFetchRequest(options)));
        return { ...made, request: { ...made.request, encode }, response: { ...made.response, decode } };
      };
    };
  };
  replace(fetchVersions(), "protocol", fetchResponseSource, make, upstreamResponse().decode);
}

/** The records of a partition, as kafkajs reads them. */
export function readByKafkajs(bytes: Buffer, at: number): Promise<readonly unknown[]> {
  const Decoder = kafkajsModule("protocol/decoder") as DecoderClass;
  const decode = kafkajsModule("protocol/requests/fetch/v4/decodeMessages") as (
    decoder: object,
  ) => Promise<readonly unknown[]>;
  return decode(Object.assign(new Decoder(bytes), { offset: at }));
}

/** kafkajs's list of versions of the request, for the patch and its tests. */
export function fetchVersions(): FetchVersions {
  return kafkajsModule("protocol/requests/fetch/index") as FetchVersions;
}

/** What reads the answer in kafkajs. */
export function upstreamResponse(): Response {
  return kafkajsModule("protocol/requests/fetch/v11/response") as Response;
}

/** What makes the request in kafkajs. */
export function upstreamFetchRequest(): unknown {
  return kafkajsModule("protocol/requests/fetch/v11/request");
}
