import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createRegistry, type Registry } from "../../../src/kafka/registry/registry.ts";
import type { IdLookup, Registered, RegistryClient, TextLookup } from "../../../src/kafka/registry/registry-client.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const text = '{"type":"record","name":"Vendor","fields":[{"name":"id","type":"long"}]}';
const settings = { url: "http://127.0.0.1:1", username: null, password: null, timeoutMs: 1000 };
const away = { kind: "away", detail: "no answer" } as const;

interface World {
  readonly registry: Registry;
  readonly clock: FakeClock;
  /** Every request that reached the registry. */
  readonly requests: string[];
  /** What it answers, by request; anything else is unknown. */
  readonly answers: Map<string, TextLookup | IdLookup | Registered>;
}

function world(): World {
  const clock = new FakeClock();
  const requests: string[] = [];
  const answers: World["answers"] = new Map();
  const answer = async <T>(request: string): Promise<T> => {
    requests.push(request);
    await Promise.resolve();
    return (answers.get(request) ?? { kind: "unknown" }) as T;
  };
  const client: RegistryClient = {
    textById: (id) => answer(`text ${id}`),
    idByText: (subject) => answer(`id ${subject}`),
    register: (subject) => answer(`register ${subject}`),
    ping: () => Promise.resolve(away),
  };
  return { registry: createRegistry(settings, { clock, client }), clock, requests, answers };
}

test("a schema is asked for once, however many ask at once or later", async () => {
  const { registry, requests, answers, clock } = world();
  answers.set("text 7", { kind: "text", text });
  assert.equal(registry.cached(7), undefined);
  const lookups = await Promise.all(Array.from({ length: 100 }, () => registry.codecById(7)));
  clock.stall(1e9);
  lookups.push(await registry.codecById(7));
  assert.deepEqual(
    new Set(lookups.map((lookup) => lookup.kind === "codec" && lookup.codec)),
    new Set([registry.cached(7)]),
  );
  assert.deepEqual(requests, ["text 7"]);
});

test("an unknown id is not asked for again for ten seconds, and then it is", async () => {
  const { registry, requests, answers, clock } = world();
  const lookups = await Promise.all(Array.from({ length: 100 }, () => registry.codecById(7)));
  assert.ok(lookups.every(({ kind }) => kind === "unknown"));
  clock.stall(9_999);
  assert.equal((await registry.codecById(7)).kind, "unknown");
  assert.deepEqual(requests, ["text 7"]);
  answers.set("text 7", { kind: "text", text });
  clock.stall(1);
  assert.equal((await registry.codecById(7)).kind, "codec");
});

test("a million random ids take no memory for ever: the oldest are forgotten", async () => {
  const { registry, requests } = world();
  for (let id = 1; id <= 1001; id++) await registry.codecById(id);
  await registry.codecById(1001);
  assert.equal(requests.length, 1001);
  await registry.codecById(1);
  assert.equal(requests.length, 1002);
});

test("after it failed to answer, the registry is left in peace for half a second, whatever is asked", async () => {
  const { registry, requests, answers, clock } = world();
  answers.set("text 7", away);
  answers.set("text 8", { kind: "text", text });
  assert.deepEqual(await registry.codecById(7), away);
  clock.stall(499);
  assert.deepEqual(await registry.codecById(7), away);
  assert.deepEqual(await registry.codecById(8), away);
  assert.deepEqual(requests, ["text 7"]);
  clock.stall(1);
  assert.equal((await registry.codecById(8)).kind, "codec");
});

test("what is known stays known while the registry is away", async () => {
  const { registry, answers } = world();
  answers.set("text 7", { kind: "text", text });
  await registry.codecById(7);
  answers.set("text 8", away);
  await registry.codecById(8);
  assert.equal((await registry.codecById(7)).kind, "codec");
  assert.equal((await registry.recordById(7)).kind, "record");
});

test("a schema that cannot hold an event is told so, and asked for once", async () => {
  const { registry, requests, answers } = world();
  answers.set("text 7", { kind: "text", text: text.replace('"long"', '"double"') });
  for (let times = 0; times < 3; times++) {
    const lookup = await registry.codecById(7);
    assert.ok(lookup.kind === "unusable" && lookup.detail.includes("field id"));
  }
  assert.equal(registry.cached(7), undefined);
  assert.equal((await registry.recordById(7)).kind, "record");
  assert.deepEqual(requests, ["text 7"]);
});

suite("a schema by its text", () => {
  test("is looked up once and is then cached by its id", async () => {
    const { registry, requests, answers } = world();
    answers.set("id s", { kind: "id", id: 7 });
    const codec = await registry.codecBySchema("s", text);
    assert.equal(await registry.codecBySchema("s", text), codec);
    assert.equal(registry.cached(7), codec);
    assert.deepEqual(requests, ["id s"]);
  });
  test("that is not registered says what to do", async () => {
    await assert.rejects(world().registry.codecBySchema("s", text), { code: "NOT_SET_UP", message: /setup/ });
  });
  test("cannot be found while the registry is away, and can afterwards", async () => {
    const { registry, answers } = world();
    answers.set("id s", away);
    await assert.rejects(registry.recordBySchema("s", text), { code: "REGISTRY_UNAVAILABLE", message: /no answer/ });
    answers.set("id s", { kind: "id", id: 7 });
    assert.equal((await registry.recordBySchema("s", text)).schemaId, 7);
  });
});

suite("registering a schema", () => {
  test("that is there already changes nothing", async () => {
    const { registry, requests, answers } = world();
    answers.set("id s", { kind: "id", id: 7 });
    assert.equal(await registry.register("s", text), "unchanged");
    assert.deepEqual(requests, ["id s"]);
  });
  test("that is new says so", async () => {
    const { registry, answers } = world();
    answers.set("register s", { kind: "id", id: 7 });
    assert.equal(await registry.register("s", text), "registered");
  });
  test("that is refused gives the registry's reason", async () => {
    const { registry, answers } = world();
    answers.set("register s", { kind: "refused", detail: "the id changed its type" });
    await assert.rejects(registry.register("s", text), { code: "SCHEMA_REFUSED", message: /the id changed its type/ });
  });
  test("while it is away says so", async () => {
    const { registry, answers, requests } = world();
    answers.set("id s", away);
    await assert.rejects(registry.register("s", text), { code: "REGISTRY_UNAVAILABLE" });
    assert.deepEqual(requests, ["id s"]);
  });
});
