import { readFileSync } from "node:fs";
import convict from "convict";
import { parse as parseYaml } from "yaml";
import { BridgeError, messageOf, ProblemsError } from "../errors.ts";
import "./formats.ts";
import { type SettingsTree, settingsDeclaration } from "./settings-declaration.ts";

type Values<T> = { readonly [K in keyof T]: T[K] extends { default: infer V } ? Widen<V> : Values<T[K]> };
type Widen<V> = V extends string[] ? readonly string[] : V;

/** Every setting with its value, frozen. The names are those of settings-declaration.ts. */
export type Settings = Values<SettingsTree>;

/**
 * Reads settings from a YAML or JSON file (`file`, or CONFIG_FILE in `env`) and the environment, which wins.
 * An empty variable counts as not set. Throws ProblemsError SETTINGS_INVALID with every problem at once.
 */
export function loadSettings(env: NodeJS.ProcessEnv, file: string | undefined = env["CONFIG_FILE"]): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const config = convict(settingsDeclaration as unknown as convict.Schema<Settings>, { env: given, args: [] });
  if (file !== undefined && file !== "") config.load(readSettingsFile(file));
  const problems: string[] = [];
  try {
    config.validate({ allowed: "strict" });
  } catch (error) {
    problems.push(
      ...messageOf(error)
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map(withVariable),
    );
  }
  // get() clones on each call: read once.
  const settings = config.get();
  if (problems.length === 0) problems.push(...contradictions(settings));
  if (problems.length > 0) throw new ProblemsError("SETTINGS_INVALID", "the settings cannot be used:", problems);
  return deepFreeze(settings);
}

/** Problems of settings that every command needs which talks to Kafka; empty when there are none. */
export function missingConnection(settings: Settings): readonly string[] {
  const problems: string[] = [];
  if (settings.kafka.brokers.length === 0)
    problems.push("KAFKA_BROKERS is not set: name at least one broker as host:port");
  if (settings.registry.url === null)
    problems.push("SCHEMA_REGISTRY_URL is not set: name the schema registry's base URL");
  return problems;
}

/** Throws SETTINGS_INVALID unless brokers and registry are named. */
export function requireConnection(settings: Settings): void {
  const problems = missingConnection(settings);
  if (problems.length > 0) {
    throw new ProblemsError(
      "SETTINGS_INVALID",
      "no broker or registry to talk to (`provisioning-bridge dev-stack start` starts both):",
      problems,
    );
  }
}

function contradictions({ before, kafka }: Settings): string[] {
  const problems: string[] = [];
  if (before.deadlineMs < 500 || before.deadlineMs > 5000) {
    problems.push(
      "before.deadlineMs (DEADLINE_MS): must be 500 to 5000; 400 ms of it are kept for the way there and back",
    );
  }
  if (kafka.saslMechanism !== "none" && (kafka.saslUsername === null || kafka.saslPassword === null)) {
    problems.push("kafka.saslMechanism (KAFKA_SASL_MECHANISM): needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD");
  }
  if ((kafka.tlsCertFile === null) !== (kafka.tlsKeyFile === null)) {
    problems.push("kafka.tlsCertFile (KAFKA_TLS_CERT_FILE) and kafka.tlsKeyFile (KAFKA_TLS_KEY_FILE) go together");
  }
  return problems;
}

function readSettingsFile(file: string): object {
  let parsed: unknown;
  try {
    parsed = parseYaml(readFileSync(file, "utf8"));
  } catch (error) {
    throw new BridgeError("SETTINGS_INVALID", `the settings file ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new BridgeError("SETTINGS_INVALID", `the settings file ${file} must hold a map of sections`);
  }
  return parsed;
}

/** `kafka.brokers: must be ...` gains the name of the variable that most people set. */
function withVariable(problem: string): string {
  const path = /^[\w.]+/.exec(problem)?.[0] ?? "";
  const row = settingRows().find((candidate) => candidate.path === path);
  // convict quotes what was given, and a URL may hold somebody's password.
  const safe = row?.format === "http-url" ? problem.replace(/: value was .*/s, "") : problem;
  return row === undefined ? safe : safe.replace(path, `${path} (${row.env})`);
}

export interface SettingRow {
  readonly path: string;
  readonly env: string;
  readonly format: string;
  readonly default: string;
  readonly doc: string;
  readonly sensitive: boolean;
}

/** One row a setting, in the order of the declaration; for the generated table and the summary at start. */
export function settingRows(tree: object = settingsDeclaration, path = ""): SettingRow[] {
  return Object.entries(tree).flatMap(([key, node]: [string, Record<string, unknown>]) => {
    const here = path === "" ? key : `${path}.${key}`;
    if (typeof node["env"] !== "string") return settingRows(node, here);
    const format = node["format"];
    return [
      {
        path: here,
        env: node["env"],
        format: Array.isArray(format) ? format.join(" \\| ") : String(format),
        default: textOf(node["default"]),
        doc: String(node["doc"]),
        sensitive: node["sensitive"] === true,
      },
    ];
  });
}

/** Settings that differ from their defaults, secrets masked: what a log line at start may show. */
export function summary(settings: Settings): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const row of settingRows()) {
    const value = row.path.split(".").reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], settings);
    if (textOf(value) === row.default) continue;
    shown[row.env] = row.sensitive ? "***" : value;
  }
  return shown;
}

/** A value as the table shows it; null as nothing. */
function textOf(value: unknown): string {
  if (value === null) return "";
  return typeof value === "string" ? value : Array.isArray(value) ? value.join(",") : JSON.stringify(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
