import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { suite, type TestContext, test } from "node:test";
import { createRegistryClient, type RegistryClient } from "../../../src/kafka/registry/registry-client.ts";

const text = '{"type":"record","name":"Vendor","fields":[{"name":"id","type":"long","role":"id"}]}';

/** A client of a registry that behaves as told. Times out after 100 ms. */
/** A deadline that no answer on loopback comes near, however busy the machine. */
const amplyMs = 10_000;

async function clientOf(
  context: TestContext,
  listener: RequestListener,
  { login, timeoutMs = amplyMs }: { readonly login?: string; readonly timeoutMs?: number } = {},
): Promise<RegistryClient> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const [username = null, password = null] = login?.split(":") ?? [];
  return createRegistryClient({ url: `http://127.0.0.1:${port}/api/`, username, password, timeoutMs });
}

const json =
  (status: number, body: object | string): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
const notFound = json(404, { error_code: 40403, message: "Schema not found" });

/** A registry that does not know any schema. */
const empty: RequestListener = (request, response) =>
  (request.url?.endsWith("/config") ? json(200, { compatibilityLevel: "NONE" }) : notFound)(request, response);

test("a schema comes with its annotations, which a compiled type would drop", async (context) => {
  const client = await clientOf(context, json(200, { schema: text }));
  assert.deepEqual(await client.textById(7), { kind: "text", text });
});

test("an unknown id is unknown", async (context) => {
  const client = await clientOf(context, empty);
  assert.deepEqual(await client.textById(7), { kind: "unknown" });
  assert.deepEqual(await client.idByText("s", text), { kind: "unknown" });
});

suite("whatever is not a registry's answer is away, never unknown, within the deadline", () => {
  const rows: readonly (readonly [string, RequestListener, RegExp])[] = [
    ["no answer at all", () => undefined, /in time|abort/i],
    [
      "an answer that breaks off",
      (_request, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("{", () => response.destroy());
      },
      /.+/,
    ],
    [
      "an answer that trickles",
      (_request, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      },
      /in time|abort/i,
    ],
    ["a connection that is reset", (request) => request.socket.destroy(), /.+/],
    ["a 404 of something else", json(404, { error: "Not Found" }), /not a registry's/],
    ["a login page", (_request, response) => response.end("<html>sign in</html>"), /not a registry's/],
    ["wrong credentials", json(401, { error_code: 401, message: "Unauthorized" }), /credentials \(401\)/],
    ["an error", json(500, { error_code: 50001, message: "store down" }), /store down/],
    ["an error page", (_request, response) => response.writeHead(503).end("busy"), /busy/],
  ];
  for (const [what, listener, detail] of rows) {
    test(what, async (context) => {
      // Those that never end are cut at the deadline; the others have ended long before it.
      const timeoutMs = /no answer|breaks off|trickles/.test(what) ? 100 : amplyMs;
      const client = await clientOf(context, listener, { timeoutMs });
      const startMs = performance.now();
      for (const answer of [
        await client.textById(7),
        await client.idByText("s", text),
        await client.register("s", text),
      ]) {
        assert.ok(answer.kind === "away", JSON.stringify(answer));
        assert.match(answer.detail, detail);
      }
      assert.ok(performance.now() - startMs < amplyMs / 2);
    });
  }
  test("nobody there", async () => {
    const client = createRegistryClient({ url: "http://127.0.0.1:9", username: null, password: null, timeoutMs: 1000 });
    const answer = await client.textById(7);
    assert.ok(answer.kind === "away" && answer.detail.includes("ECONNREFUSED"));
    assert.equal((await client.ping(1000)).kind, "away");
  });
});

test("nothing is tried again by itself", async (context) => {
  let requests = 0;
  const client = await clientOf(context, (request, response) => {
    requests++;
    json(503, { message: "busy" })(request, response);
  });
  await client.textById(7);
  assert.equal(requests, 1);
});

suite("a schema that is no Avro record for us is unusable", () => {
  const rows: readonly (readonly [string, object])[] = [
    ["of another kind", { schema: '{"type":"object"}', schemaType: "JSON" }],
    ["with references", { schema: text.replace('"long"', '"com.vendor.Id"'), references: [] }],
  ];
  for (const [what, body] of rows) {
    test(what, async (context) => {
      const client = await clientOf(context, json(200, body));
      assert.equal((await client.textById(7)).kind, "unusable");
    });
  }
});

test("compatibility is set before the first version is registered", async (context) => {
  const requests: string[] = [];
  const client = await clientOf(context, (request, response) => {
    requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
    json(200, { id: 7, compatibilityLevel: "FULL_TRANSITIVE" })(request, response);
  });
  assert.deepEqual(await client.register("a/b", text), { kind: "id", id: 7 });
  assert.equal(requests[0], "PUT /api/config/a%2Fb");
  assert.equal(requests.at(-1), "POST /api/subjects/a%2Fb/versions");
});

test("a refusal keeps the registry's reason", async (context) => {
  const client = await clientOf(context, (request, response) => {
    const refused = json(409, { error_code: 409, message: "incompatible: id" });
    (request.method === "POST" ? refused : json(200, { compatibilityLevel: "FULL_TRANSITIVE" }))(request, response);
  });
  assert.deepEqual(await client.register("s", text), { kind: "refused", detail: "incompatible: id" });
});

test("credentials are sent with every request, and stand in no detail", async (context) => {
  const seen = new Set<string | undefined>();
  const client = await clientOf(
    context,
    (request, response) => {
      seen.add(request.headers.authorization);
      json(500, { message: "store down" })(request, response);
    },
    { login: "core:s3cret!" },
  );
  const answers = [await client.textById(7), await client.register("s", text), await client.ping(100)];
  assert.deepEqual(seen, new Set([`Basic ${Buffer.from("core:s3cret!").toString("base64")}`]));
  assert.ok(!JSON.stringify(answers).includes("s3cret"));
});

test("ping says whether the registry answers, by the deadline it is given", async (context) => {
  const reachable = await clientOf(context, empty);
  assert.deepEqual(await reachable.ping(1000), { kind: "reachable" });
  const silent = await clientOf(context, () => undefined);
  const startMs = performance.now();
  assert.deepEqual(await silent.ping(50), { kind: "away", detail: "the registry did not answer in time" });
  assert.ok(performance.now() - startMs < amplyMs / 2);
});

test("a request past its deadline gives its connection up", async (context) => {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  const client = await clientOf(context, (_request, response) => void response.on("close", () => resolve(undefined)), {
    timeoutMs: 100,
  });
  assert.equal((await client.textById(7)).kind, "away");
  const late = new Promise((_resolve, reject) => setTimeout(reject, 2000, new Error("still open")).unref());
  await Promise.race([closed, late]);
});
