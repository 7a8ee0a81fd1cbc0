import { createRequire } from "node:module";
import { decodeFetchResponse } from "../protocol/fetch-response.ts";
import { assertPatchable, kafkajsVersion } from "./patch.ts";

/** SHA-256 of the source of the function that reads the answer which is read otherwise here, as version 2.2.4 has it. */
export const fetchResponseHash = "159b1098f90cb2154cb9e2578394c50979d1c1081be9323a042a38477336658a";

const require = createRequire(import.meta.url);

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

let patched: FetchVersions["protocol"] | null = null;

/**
 * Answers to Fetch are read by protocol/fetch-response.ts. Idempotent.
 * Throws BridgeError INTERNAL when kafkajs is not the version, or the function not the source, that was read.
 */
export function readFetchFast(): void {
  const versions = fetchVersions();
  if (versions.protocol === patched) return;
  assertPatchable(kafkajsVersion(), upstreamResponse().decode, fetchResponseHash, "the answer to Fetch");
  const upstream = versions.protocol;
  patched = (of) => {
    const make = upstream(of);
    if (make === undefined || of.version !== fastVersion) return make;
    return (options) => {
      const made = make(options);
      return { ...made, response: { ...made.response, decode: (bytes) => decodeFetchResponse(bytes, readByKafkajs) } };
    };
  };
  versions.protocol = patched;
}

/** The records of a partition, as kafkajs reads them. */
export function readByKafkajs(bytes: Buffer, at: number): Promise<readonly unknown[]> {
  const Decoder = require("kafkajs/src/protocol/decoder.js") as DecoderClass;
  const decode = require("kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js") as (
    decoder: object,
  ) => Promise<readonly unknown[]>;
  return decode(Object.assign(new Decoder(bytes), { offset: at }));
}

/** kafkajs's list of versions of the request, for the patch and its tests. */
export function fetchVersions(): FetchVersions {
  return require("kafkajs/src/protocol/requests/fetch/index.js") as FetchVersions;
}

/** What reads the answer in kafkajs. */
export function upstreamResponse(): Response {
  return require("kafkajs/src/protocol/requests/fetch/v11/response.js") as Response;
}
