import { BridgeError } from "../errors.ts";
import type { Codec } from "../kafka/codec/codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import { schemaOfEvent, subjectOf } from "../kafka/registry/schemas.ts";
import { type EventType, eventCatalogue } from "../model/event-catalogue.ts";
import type { TopicNames } from "../model/topics.ts";

/** The codecs a core writes with, looked up once: afterwards no call depends on the registry. */
export class EventCodecs {
  readonly #registry: Registry;
  readonly #topics: TopicNames;
  readonly #facts = new Map<string, Codec>();
  readonly #requests = new Map<string, Codec>();

  constructor(registry: Registry, topics: TopicNames) {
    this.#registry = registry;
    this.#topics = topics;
  }

  /** Throws NOT_SET_UP or REGISTRY_UNAVAILABLE. */
  async open(ids: readonly string[] | undefined, requests: boolean): Promise<void> {
    const wanted = eventCatalogue.filter((type) => ids?.includes(type.id) ?? true);
    await Promise.all(
      wanted.map(async (type) => {
        this.#facts.set(type.id, await this.#lookUp(type, this.#topics.facts[type.entity]));
        const topic = this.#topics.before[type.entity];
        if (requests && type.before && topic !== undefined)
          this.#requests.set(type.id, await this.#lookUp(type, topic));
      }),
    );
  }

  fact(type: EventType): Codec {
    return opened(this.#facts, type);
  }

  request(type: EventType): Codec {
    return opened(this.#requests, type);
  }

  #lookUp(type: EventType, topic: string): Promise<Codec> {
    const schema = schemaOfEvent(type);
    return this.#registry.codecBySchema(subjectOf(topic, schema.record), schema.text);
  }
}

function opened(codecs: ReadonlyMap<string, Codec>, type: EventType): Codec {
  const codec = codecs.get(type.id);
  if (codec === undefined)
    throw new BridgeError("USAGE", `${type.id} is not among the events this client was made for`);
  return codec;
}
