import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";

/** docs/asyncapi.yaml, as far as the tests look into it. */

type Node = Readonly<Record<string, unknown>>;

export interface AsyncApiMessage {
  readonly name?: string;
  readonly headers: Node | undefined;
  readonly bindings: { readonly kafka?: { readonly key?: Node } } | undefined;
  /** Of the referenced Avro schema: its path from the root of the repository. */
  readonly schemaFile: string;
}

export interface AsyncApiChannel {
  readonly address: string;
  readonly description: string;
  readonly messages: ReadonlyMap<string, AsyncApiMessage>;
  readonly partitions: number | undefined;
  readonly topicConfiguration: Readonly<Record<string, unknown>>;
}

const root = join(import.meta.dirname, "../..");
const file = "docs/asyncapi.yaml";

export const document = parse(readFileSync(join(root, file), "utf8")) as Node;

/** What a reference within the document names; fails for one that names nothing. */
export function resolve(reference: string): Node {
  assert.ok(reference.startsWith("#/"), reference);
  let node: unknown = document;
  for (const step of reference.slice(2).split("/")) node = (node as Node | undefined)?.[step];
  assert.ok(node !== undefined, `nothing at ${reference}`);
  return node as Node;
}

export interface References {
  readonly within: readonly string[];
  /** From the root of the repository. */
  readonly files: readonly string[];
}

export function references(): References {
  const within: string[] = [];
  const files: string[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key !== "$ref") walk(value);
      else if (String(value).startsWith("#")) within.push(String(value));
      else files.push(join(dirname(file), String(value)));
    }
  };
  walk(document);
  return { within, files };
}

export function channels(): ReadonlyMap<string, AsyncApiChannel> {
  const all = Object.entries(document["channels"] as Record<string, Node>);
  return new Map(all.map(([name, channel]) => [name, channelOf(channel)]));
}

function channelOf(channel: Node): AsyncApiChannel {
  const { kafka } = channel["bindings"] as {
    kafka: { partitions?: number; topicConfiguration: Readonly<Record<string, unknown>> };
  };
  const messages = Object.entries((channel["messages"] ?? {}) as Record<string, Node>);
  return {
    address: String(channel["address"]),
    description: String(channel["description"]),
    messages: new Map(messages.map(([name, message]) => [name, messageOf(followed(message))])),
    partitions: kafka.partitions,
    topicConfiguration: kafka.topicConfiguration,
  };
}

/** With what its traits add. */
function messageOf(message: Node): AsyncApiMessage {
  const traits = ((message["traits"] ?? []) as readonly Node[]).map(followed);
  const { headers, bindings, payload } = Object.assign({}, ...traits, message) as Record<string, Node>;
  const name = message["name"];
  const reference = (payload?.["schema"] as { $ref: string }).$ref;
  return {
    ...(typeof name === "string" ? { name } : {}),
    headers: headers === undefined ? undefined : followed(headers),
    bindings: bindings === undefined ? undefined : followed(bindings),
    schemaFile: join(dirname(file), reference),
  };
}

/** Every header that a schema of headers names, with its description. */
export function headersIn(schema: Node | undefined): ReadonlyMap<string, string> {
  if (schema === undefined) return new Map();
  const own = Object.entries((schema["properties"] ?? {}) as Record<string, { description?: string }>);
  const parts = ((schema["allOf"] ?? []) as readonly Node[]).flatMap((part) => [...headersIn(followed(part))]);
  return new Map([...parts, ...own.map(([name, { description = "" }]) => [name, description] as const)]);
}

function followed(node: Node): Node {
  const reference = node["$ref"];
  return typeof reference === "string" ? resolve(reference) : node;
}
