import { decodeFetchResponse } from "../protocol/fetch-response.ts";
import { kafkajsModule, replace, type Source } from "./patch.ts";

export const fetchResponseSource: Source = {
  name: "the answer to Fetch",
  hash: "159b1098f90cb2154cb9e2578394c50979d1c1081be9323a042a38477336658a",
};

/** The last version that kafkajs knows; a broker before Kafka 2.3 answers in an older one, which kafkajs reads itself. */
const fastVersion = 11;

interface Response {
  readonly decode: (bytes: Buffer) => Promise<unknown>;
}
type Make = (options: object) => { response: Response };

interface FetchVersions {
  protocol: (of: { readonly version: number }) => Make | undefined;
}

type DecoderClass = new (buffer: Buffer) => { offset: number };

/**
 * Answers to Fetch are read by protocol/fetch-response.ts. Idempotent.
 * Throws BridgeError INTERNAL when kafkajs is not the version, or the function not the source, that was read.
 */
export function readFetchFast(): void {
  const make = (upstream: FetchVersions["protocol"]): FetchVersions["protocol"] => {
    const decode = (bytes: Buffer): Promise<unknown> => decodeFetchResponse(bytes, readByKafkajs);
    return (of) => {
      const known = upstream(of);
      if (known === undefined || of.version !== fastVersion) return known;
      return (options) => {
        const made = known(options);
        return { ...made, response: { ...made.response, decode } };
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
