import { readFileSync } from "node:fs";
import convict from "convict";
import { parse as parseYaml } from "yaml";
import { messageOf, type Problem, ProblemsError } from "../errors.ts";
import { ownCommand } from "../model/own-command.ts";
import "./formats.ts";
import { convictProblem } from "./setting-problems.ts";
import { settingRows } from "./setting-rows.ts";
import { type Settings, settingsDeclaration } from "./settings-declaration.ts";

export type { Settings };
export type SettingsSection = keyof Settings;

export interface SettingsReading<S extends SettingsSection> {
  /** A setting in `broken` has its default here. */
  readonly settings: Pick<Settings, S>;
  readonly problems: readonly Problem[];
  /** Paths of settings whose value is not known, as what was given cannot be used. */
  readonly broken: ReadonlySet<string>;
}

/** Of the names of the declaration, the first level. */
export const allSections: readonly SettingsSection[] = Object.keys(settingsDeclaration) as SettingsSection[];

/**
 * Reads sections of the settings from the file that CONFIG_FILE names (YAML or JSON) and the environment, which wins. An
 * empty variable counts as not set. What is wrong in other sections is none of the caller's business, and not reported.
 */
export function readSettings<S extends SettingsSection = SettingsSection>(
  env: NodeJS.ProcessEnv,
  sections: readonly S[] = allSections as readonly S[],
): SettingsReading<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const config = convict(settingsDeclaration as unknown as convict.Schema<Settings>, { env: given, args: [] });
  const file = given["CONFIG_FILE"];
  const fromFile = file === undefined ? {} : readSettingsFile(file);
  if (typeof fromFile === "string") {
    const problem: Problem = { path: null, place: null, message: fromFile, hint: null };
    const broken = new Set(settingRows().map(({ path }) => path));
    return { settings: usable(config, broken), problems: [problem], broken };
  }
  config.load(fromFile);
  const problems = problemsOf(config).filter((problem) => concerns(problem, sections));
  const broken = new Set(problems.flatMap(({ path }) => path ?? []));
  const settings = usable(config, broken);
  return {
    settings,
    problems: [...problems, ...contradictions(settings, broken).filter((problem) => concerns(problem, sections))],
    broken,
  };
}

/** As `readSettings`; throws ProblemsError SETTINGS_INVALID with every problem at once. */
export function loadSettings<S extends SettingsSection = SettingsSection>(
  env: NodeJS.ProcessEnv,
  sections: readonly S[] = allSections as readonly S[],
): Pick<Settings, S> {
  const { settings, problems } = readSettings(env, sections);
  refuse(problems);
  return settings;
}

/** As `loadSettings`, for what cannot work without brokers and a registry: that one is not named is a problem too. */
export function loadConnectedSettings<S extends SettingsSection>(
  env: NodeJS.ProcessEnv,
  sections: readonly S[],
): Pick<Settings, S | "kafka" | "registry"> {
  const reading = readSettings<S | "kafka" | "registry">(env, [...sections, "kafka", "registry"]);
  refuse([...reading.problems, ...missingConnection(reading)]);
  return reading.settings;
}

/** What is missing to reach brokers and a registry; empty when nothing is. */
export function missingConnection({ settings, broken }: SettingsReading<"kafka" | "registry">): readonly Problem[] {
  const found: Problem[] = [];
  const unset = (path: string, variable: string, hint: string): void => {
    if (!broken.has(path)) found.push({ path, place: null, message: `${variable} is not set`, hint });
  };
  if (settings.kafka.brokers.length === 0) {
    unset(
      "kafka.brokers",
      "KAFKA_BROKERS",
      `name at least one broker as host:port, or run \`${ownCommand} dev-stack start\``,
    );
  }
  if (settings.registry.url === null) unset("registry.url", "SCHEMA_REGISTRY_URL", "name the registry's base URL");
  return found;
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemsError("SETTINGS_INVALID", "the settings cannot be used:", problems);
}

function problemsOf(config: convict.Config<Settings>): readonly Problem[] {
  try {
    config.validate({ allowed: "strict" });
    return [];
  } catch (error) {
    const lines = messageOf(error).split("\n");
    return lines.filter((line) => line.trim() !== "").map(convictProblem);
  }
}

/** A key that is in no section concerns everybody: whose it was meant to be cannot be told. */
function concerns({ path }: Problem, sections: readonly SettingsSection[]): boolean {
  const section = allSections.find((name) => path === name || path?.startsWith(`${name}.`) === true);
  return section === undefined || sections.includes(section);
}

function contradictions({ admin, before, kafka }: Settings, broken: ReadonlySet<string>): readonly Problem[] {
  const found: Problem[] = [];
  const add = (path: string, message: string): void => {
    if (!broken.has(path)) found.push({ path, place: null, message, hint: null });
  };
  if (before.deadlineMs < 500 || before.deadlineMs > 5000) {
    add("before.deadlineMs", "DEADLINE_MS must be 500 to 5000; 400 ms of it are kept for the way there and back");
  }
  if (kafka.saslMechanism !== "none" && (kafka.saslUsername === null || kafka.saslPassword === null)) {
    add("kafka.saslMechanism", "KAFKA_SASL_MECHANISM needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD");
  }
  if ((kafka.tlsCertFile === null) !== (kafka.tlsKeyFile === null)) {
    add("kafka.tlsCertFile", "KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE go together");
  }
  if (admin.oidcIssuer !== null && admin.oidcAudience === null) {
    add(
      "admin.oidcAudience",
      "ADMIN_OIDC_ISSUER needs ADMIN_OIDC_AUDIENCE: else a JWT made for anything else would do",
    );
  }
  if (admin.oidcIssuer !== null && !isPrivateWay(admin.oidcIssuer)) {
    add("admin.oidcIssuer", "ADMIN_OIDC_ISSUER must be https: whoever can change its keys on the way is an operator");
  }
  return found;
}

/** Nobody in between can change what is read. */
function isPrivateWay(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" || hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

/** The map of sections that a file holds, or what is wrong with the file. */
function readSettingsFile(file: string): object | string {
  let parsed: unknown;
  try {
    parsed = parseYaml(readFileSync(file, "utf8"));
  } catch (error) {
    return `the settings file ${file} cannot be read: ${messageOf(error)}`;
  }
  const isMap = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  return isMap ? (parsed as object) : `the settings file ${file} must hold a map of sections`;
}

/** Every setting, frozen; a broken one has its default. get() clones on each call: read once. */
function usable(config: convict.Config<Settings>, broken: ReadonlySet<string>): Settings {
  const valueOf = (declared: object, given: unknown, path: string): unknown => {
    if ("default" in declared) return frozen(broken.has(path) ? declared.default : given);
    const values = given as Readonly<Record<string, unknown>> | undefined;
    const entries = Object.entries(declared).map(([key, inner]: [string, object]) => [
      key,
      valueOf(inner, values?.[key], path === "" ? key : `${path}.${key}`),
    ]);
    return Object.freeze(Object.fromEntries(entries));
  };
  return valueOf(settingsDeclaration, config.get(), "") as Settings;
}

function frozen(value: unknown): unknown {
  return Array.isArray(value) ? Object.freeze([...(value as readonly unknown[])]) : value;
}
