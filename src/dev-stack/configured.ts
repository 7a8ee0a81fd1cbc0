import { BridgeError } from "../errors.ts";
import type { StackAddresses } from "./addresses.ts";

/**
 * The stack that the environment names, or null when it names none.
 * Throws SETTINGS_INVALID when it names only half of one: mixing a real broker with a development registry (or the
 * other way round) would write schema ids into real topics that no other registry knows.
 */
export function configuredStack(env: NodeJS.ProcessEnv): StackAddresses | null {
  const kafkaBrokers = env["KAFKA_BROKERS"]?.trim() ?? "";
  const schemaRegistryUrl = env["SCHEMA_REGISTRY_URL"]?.trim() ?? "";
  if (kafkaBrokers === "" && schemaRegistryUrl === "") return null;
  if (kafkaBrokers === "" || schemaRegistryUrl === "") {
    const [set, unset] =
      kafkaBrokers === "" ? ["SCHEMA_REGISTRY_URL", "KAFKA_BROKERS"] : ["KAFKA_BROKERS", "SCHEMA_REGISTRY_URL"];
    throw new BridgeError(
      "SETTINGS_INVALID",
      `${set} is set but ${unset} is not: set both to use your own, or neither to start a development stack`,
    );
  }
  return { kind: "configured", kafkaBrokers, schemaRegistryUrl, secure: null };
}
