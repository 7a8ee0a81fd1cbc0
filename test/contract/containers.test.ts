import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const services = (parse(read("docker-compose.yml"), { merge: true }) as { services: Readonly<Record<string, Service>> })
  .services;

function service(name: string): Service {
  return services[name] ?? assert.fail(`no service ${name}`);
}

test("compose starts the broker, the registry, the setup, a sample handler and the bridge", () => {
  assert.deepEqual(Object.keys(services).sort(), ["bridge", "broker", "handler", "registry", "setup"]);
});

test("every port is published on loopback only, and can be moved by the environment", () => {
  const published = Object.values(services).flatMap(({ ports }) => ports ?? []);
  assert.equal(published.length, 3);
  for (const port of published) assert.match(port, /^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/);
});

test("the address that the broker tells the host's clients is the port that is published", () => {
  const { environment, ports } = service("broker");
  const port = /HOST:\/\/127\.0\.0\.1:(\$\{KAFKA_PORT:-\d+\})/.exec(
    String(environment?.["KAFKA_ADVERTISED_LISTENERS"]),
  );
  assert.deepEqual(ports, [`127.0.0.1:${port?.[1] ?? ""}:9092`]);
});

test("whoever others wait for has a health check", () => {
  const awaited = Object.values(services).flatMap(({ depends_on: on }) => Object.entries(on ?? {}));
  assert.ok(awaited.length >= 4);
  for (const [name, { condition }] of awaited) {
    if (condition === "service_healthy") assert.ok(service(name).healthcheck?.test !== undefined, name);
    else assert.equal(condition, "service_completed_successfully", name);
  }
  assert.equal(service("bridge").depends_on?.["setup"]?.condition, "service_completed_successfully");
});

test("the bridge finds the broker, the registry and its handlers under the names compose gives them", () => {
  const { environment = {} } = service("bridge");
  assert.equal(environment["KAFKA_BROKERS"], "broker:29092");
  assert.match(String(service("broker").environment?.["KAFKA_ADVERTISED_LISTENERS"]), /INTERNAL:\/\/broker:29092/);
  assert.equal(environment["SCHEMA_REGISTRY_URL"], "http://registry:8080/apis/ccompat/v7");
  assert.ok(existsSync(join(root, String(environment["HANDLERS_FILE"]))));
  assert.ok(existsSync(join(root, service("handler").command?.[1] ?? "")));
});

test("compose and Maven run the same broker and the same registry", () => {
  const pom = read("dev-stack/pom.xml");
  for (const [name, property] of [
    ["broker", "kafka.version"],
    ["registry", "apicurio.version"],
  ] as const) {
    const version = new RegExp(`<${property}>(.+)</${property}>`).exec(pom)?.[1] ?? assert.fail(property);
    assert.ok(service(name).image?.endsWith(`:-${version}}`), `${name} ${version}`);
  }
});

test("the image runs as a user without rights, without development packages, and says whether it lives", () => {
  const stages = read("Dockerfile")
    .split(/^FROM /m)
    .slice(1);
  const last = stages.at(-1) ?? assert.fail("the Dockerfile has a stage");
  assert.match(last, /^USER node$/m);
  assert.match(last, /^HEALTHCHECK [\s\S]*\/livez/m);
  assert.doesNotMatch(last, /npm/, "what is installed comes from the stage below");
  assert.ok(stages.some((stage) => stage.includes("AS dependencies") && stage.includes("npm ci --omit=dev")));
  assert.match(last, /--from=dependencies \/app\/node_modules/);
});
