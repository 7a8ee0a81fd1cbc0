import { type Entity, entities, eventCatalogue } from "./event-catalogue.ts";

/** The names of every topic under one prefix. */
export interface TopicNames {
  /** What happened. */
  readonly facts: Readonly<Record<Entity, string>>;
  /** Requests: only of entities that have before events. */
  readonly before: Readonly<Partial<Record<Entity, string>>>;
  readonly verdicts: string;
  readonly handlers: string;
  readonly bridges: string;
  readonly instances: string;
  readonly parked: string;
  readonly deadLetters: string;
  readonly replays: string;
  readonly decisions: string;
  readonly executions: string;
  readonly audit: string;
}

/** The entities about which a handler may be asked before something happens. */
export const entitiesWithBefore: readonly Entity[] = entities.filter((entity) =>
  eventCatalogue.some((type) => type.entity === entity && type.before),
);

/** `topicNames("billing").facts.clients` is `billing.clients`. */
export function topicNames(prefix: string): TopicNames {
  const named = (list: readonly Entity[], suffix: string) =>
    Object.fromEntries(list.map((entity) => [entity, `${prefix}.${entity}${suffix}`]));
  return {
    facts: named(entities, "") as Record<Entity, string>,
    before: named(entitiesWithBefore, ".before"),
    verdicts: `${prefix}.verdicts`,
    handlers: `${prefix}.handlers`,
    bridges: `${prefix}.bridges`,
    instances: `${prefix}.instances`,
    parked: `${prefix}.parked`,
    deadLetters: `${prefix}.dead-letters`,
    replays: `${prefix}.replays`,
    decisions: `${prefix}.decisions`,
    executions: `${prefix}.executions`,
    audit: `${prefix}.audit`,
  };
}
