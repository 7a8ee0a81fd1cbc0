import { BridgeError } from "../../errors.ts";
import { systemClock } from "../../model/clock.ts";
import { pause } from "../../model/deadline.ts";
import type { TopicNames } from "../../model/topics.ts";
import type { KafkaClient } from "../connection/client.ts";
import type { Registry } from "../registry/registry.ts";
import { type Registration, registrations } from "../registry/schemas.ts";
import type { TopicSettings } from "../settings.ts";
import { openTopicAdmin } from "./topic-admin.ts";
import { planTopics, setUpTopics, type TopicOutcome } from "./topics.ts";

/** Each schema takes two or three requests of the registry. */
const schemasAtOnce = 8;

export interface SchemaOutcome {
  /** `registered` is what would be done when it is a dry run. */
  readonly kind: "registered" | "unchanged";
  readonly subject: string;
}

export interface SetupReport {
  readonly dryRun: boolean;
  readonly topics: readonly TopicOutcome[];
  readonly schemas: readonly SchemaOutcome[];
}

export interface SetupOptions {
  readonly client: Pick<KafkaClient, "own">;
  readonly registry: Pick<Registry, "register" | "recordBySchema">;
  readonly names: TopicNames;
  readonly settings: TopicSettings;
  /** Says what would be done and changes nothing. [false] */
  readonly dryRun?: boolean;
  /** Changes topic configs that differ; else they are only reported. [false] */
  readonly fix?: boolean;
  /** Hears of each step before it begins, for the impatient. */
  readonly onStep?: (step: string) => void;
  /** Longest wait for the brokers, in all. Milliseconds [60,000]. Each wait for the registry is bounded by its own setting. */
  readonly timeoutMs?: number;
}

/**
 * Creates the topics, then registers the schemas. Whatever is there already is left alone, so that it may run at every
 * deployment and beside another one. Throws BridgeError BROKER_UNAVAILABLE, REGISTRY_UNAVAILABLE, SCHEMA_REFUSED,
 * TIMED_OUT, or SETTINGS_INVALID when the broker will never do what is asked; what was done until then stays.
 */
export async function setUp(options: SetupOptions): Promise<SetupReport> {
  const { dryRun = false, fix = false, onStep = () => undefined, timeoutMs = 60_000 } = options;
  const plans = planTopics(options.names, options.settings);
  onStep(`${plans.length} topics at the brokers`);
  const admin = await openTopicAdmin(options.client, timeoutMs);
  let topics: readonly TopicOutcome[];
  try {
    topics = await setUpTopics(admin, plans, { dryRun, fix });
  } finally {
    await admin.close();
  }
  const wanted = registrations(options.names);
  const schemas: SchemaOutcome[] = [];
  for (let at = 0; at < wanted.length; at += schemasAtOnce) {
    onStep(`schemas at the registry: ${at} of ${wanted.length} done`);
    const some = wanted.slice(at, at + schemasAtOnce).map(async (registration) => ({
      kind: await (dryRun ? wouldRegister : register)(options.registry, registration),
      subject: registration.subject,
    }));
    schemas.push(...(await Promise.all(some)));
  }
  return { dryRun, topics, schemas };
}

type Result = Promise<SchemaOutcome["kind"]>;

async function register(registry: SetupOptions["registry"], { subject, schema }: Registration): Result {
  try {
    return await registry.register(subject, schema.text);
  } catch (error) {
    if (!(error instanceof BridgeError && error.code === "SCHEMA_REFUSED")) throw error;
    // Two setups at once may meet at a subject, and a registry then refuses the slower one what the other just did.
    // Whoever is refused for the schema itself is refused again.
    await pause(systemClock, 200);
    return registry.register(subject, schema.text);
  }
}

/** Looks a schema up as `serve` will. That the registry might refuse it is not found out. */
async function wouldRegister(registry: SetupOptions["registry"], { subject, schema }: Registration): Result {
  try {
    await registry.recordBySchema(subject, schema.text);
    return "unchanged";
  } catch (error) {
    if (error instanceof BridgeError && error.code === "NOT_SET_UP") return "registered";
    throw error;
  }
}
