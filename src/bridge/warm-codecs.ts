import type { Registry } from "../kafka/registry/registry.ts";
import { schemaOfEvent, subjectOf } from "../kafka/registry/schemas.ts";
import { eventCatalogue } from "../model/event-catalogue.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { TopicNames } from "../model/topics.ts";

/**
 * Looks up the schemas of the requests that handlers will be asked about, so that the first ones after a start spend none
 * of their time at the registry. Best effort: what cannot be had now is looked up when a request comes.
 */
export async function warmCodecs(
  registry: Pick<Registry, "codecBySchema">,
  topics: TopicNames,
  handlers: readonly BeforeHandler[],
): Promise<void> {
  const asked = new Set(handlers.flatMap(({ events }) => events));
  await Promise.allSettled(
    eventCatalogue.map(async (type) => {
      const topic = topics.before[type.entity];
      if (!type.before || topic === undefined || !asked.has(type.id)) return;
      const schema = schemaOfEvent(type);
      await registry.codecBySchema(subjectOf(topic, schema.record), schema.text);
    }),
  );
}
