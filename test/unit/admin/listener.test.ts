import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { BridgeError } from "../../../src/errors.ts";
import { memoryPorts } from "../../support/admin/memory-ports.ts";
import { startTestApi, type TestApi } from "../../support/admin/test-api.ts";

describe("the admin listener", () => {
  let api: TestApi;
  before(async () => {
    api = await startTestApi();
  });
  after(() => api.close());

  /** With headers that fetch does not let one send. */
  const raw = (
    path: string,
    headers: Record<string, string>,
    method = "GET",
  ): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port: api.port, path, method, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.once("error", reject).end();
    });

  test("answers under its own names only: another site's name that points here (DNS rebinding) gets nothing", async () => {
    for (const path of ["/", "/api/session", "/openapi.json", "/assets/x.js"]) {
      for (const host of [
        "evil.example.net",
        "evil.example.net:80",
        "127.0.0.1.evil.net",
        "localhost@evil.net",
        "[::2]",
      ]) {
        api.ports.trail.length = 0;
        const { status, text } = await raw(path, { host, authorization: `Bearer ${api.operator}` });
        assert.equal(status, 421, `${path} as ${host}`);
        assert.equal((JSON.parse(text) as { code: string }).code, "WRONG_HOST");
        assert.equal(api.ports.trail[0]?.outcome, "WRONG_HOST");
      }
    }
    for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:80", "localhost."]) {
      assert.equal((await raw("/openapi.json", { host })).status, 200, host);
    }
  });

  test("is not asked under two names at once: a proxy may have looked at the other one", async () => {
    const socket = connect(api.port, "127.0.0.1");
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const names = "Host: localhost\r\nhost: evil.example.net\r\n";
    socket.write(
      `GET /api/session HTTP/1.1\r\n${names}Authorization: Bearer ${api.viewer}\r\nConnection: close\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once("close", resolve));
    assert.match(text, /^HTTP\/1\.1 421 /);
  });

  test("refuses a write that a browser says comes from another site, and audits it", async () => {
    const headers = { host: "localhost", authorization: `Bearer ${api.operator}`, "content-type": "application/json" };
    for (const from of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example.net" },
      { origin: "null" },
      { origin: "http://localhost:1" },
    ]) {
      api.ports.trail.length = 0;
      const { status, text } = await raw("/api/handlers/credit-guard", { ...headers, ...from }, "DELETE");
      assert.equal(status, 403, JSON.stringify(from));
      assert.equal((JSON.parse(text) as { code: string }).code, "CROSS_SITE");
      assert.equal(api.ports.trail[0]?.outcome, "CROSS_SITE");
    }
    for (const from of [
      { "sec-fetch-site": "same-origin", origin: "http://localhost" },
      { "sec-fetch-site": "none" },
    ]) {
      assert.equal((await raw("/api/handlers/credit-guard", { ...headers, ...from }, "DELETE")).status, 428);
    }
  });

  test("asks who it is however the address of a route is written: encoded, or with its host", async () => {
    const written = ["/%61pi", "/a%70i", "/ap%69", "/%61%70%69", "http://localhost/api", "HTTP://localhost/%61pi"];
    for (const path of written.map((start) => `${start}/handlers`)) {
      assert.equal((await raw(path, { host: "localhost" })).status, 401, path);
      const { status } = await raw(`${path}/credit-guard`, { host: "localhost", "if-match": '"1"' }, "DELETE");
      assert.equal(status, 401, `DELETE ${path}`);
      const authorization = `Bearer ${api.viewer}`;
      const viewer = await raw(
        `${path}/credit-guard`,
        { host: "localhost", "if-match": '"1"', authorization },
        "DELETE",
      );
      assert.equal(viewer.status, 403, `DELETE ${path} by a viewer`);
    }
  });

  test("sends its security headers with everything, and never allows another origin", async () => {
    for (const path of [
      "/",
      "/api/session",
      "/api/nothing",
      "/nothing",
      "/openapi.json",
      "/%zz",
      "/api/handlers?x=1",
    ]) {
      const { headers } = await api.ask(path, { headers: { origin: "https://evil.example.net" } });
      assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'; script-src 'self'/, path);
      assert.doesNotMatch(headers.get("content-security-policy") ?? "", /unsafe/, path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("x-frame-options"), "DENY", path);
      assert.equal(headers.get("access-control-allow-origin"), null, path);
      assert.equal(headers.get("set-cookie"), null, path);
    }
  });

  test("answers what is wrong with a request as a problem, and never with 5xx", async () => {
    const put = { method: "PUT", headers: { "if-none-match": "*" } };
    const deep = `{"definition":${"[".repeat(5000)}${"]".repeat(5000)}}`;
    const cases: readonly (readonly [
      status: number,
      code: string,
      path: string,
      options: Parameters<TestApi["ask"]>[1],
    ])[] = [
      [404, "NOT_FOUND", "/api/nothing", {}],
      [405, "METHOD_NOT_ALLOWED", "/api/session", { method: "DELETE" }],
      [400, "REQUEST_INVALID", "/%zz", {}],
      [400, "REQUEST_INVALID", "/api/handlers?unknown=1", {}],
      [400, "REQUEST_INVALID", "/api/handlers?status=maybe", {}],
      [400, "REQUEST_INVALID", "/api/executions?limit=true", {}],
      [400, "REQUEST_INVALID", "/api/executions?limit=1&limit=2", {}],
      [400, "REQUEST_INVALID", "/api/executions?since=2026-02-30T00:00:00Z", {}],
      [400, "REQUEST_INVALID", "/api/handlers/UPPER", {}],
      [400, "REQUEST_INVALID", "/api/handlers/x", { ...put, body: "{" }],
      [400, "REQUEST_INVALID", "/api/handlers/x", { ...put, body: "" }],
      [400, "REQUEST_INVALID", "/api/handlers/x", { ...put, body: deep }],
      [400, "REQUEST_INVALID", "/api/handlers/x", { ...put, body: '{"definition":{"id":"x","__proto__":{"a":1}}}' }],
      [400, "REQUEST_INVALID", "/api/handlers/x", { ...put, body: { definition: { id: "y" } } }],
      [400, "REQUEST_INVALID", "/api/handlers/x", { ...put, body: { definition: { id: "x" }, more: 1 } }],
      [
        415,
        "NOT_JSON",
        "/api/handlers/x",
        { ...put, body: "a=b", headers: { ...put.headers, "content-type": "text/plain" } },
      ],
      [413, "TOO_LARGE", "/api/handlers/x", { ...put, body: JSON.stringify({ note: "x".repeat(300_000) }) }],
      [428, "PRECONDITION_REQUIRED", "/api/handlers/credit-guard", { method: "DELETE" }],
      [400, "REQUEST_INVALID", "/api/handlers/credit-guard", { method: "DELETE", headers: { "if-match": "one" } }],
      [412, "CONFLICT", "/api/handlers/credit-guard", { method: "DELETE", headers: { "if-match": '"999"' } }],
      [404, "NOT_FOUND", "/api/executions/none", {}],
    ];
    for (const [status, code, path, options] of cases) {
      const answer = await api.ask(path, options);
      assert.equal(answer.status, status, `${path} ${JSON.stringify(options).slice(0, 100)}: ${answer.text}`);
      assert.equal(answer.json["code"], code, path);
      assert.equal(answer.json["status"], status);
      assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/, path);
    }
    const many = await api.ask("/api/handlers?stage=never&unknown=1");
    assert.deepEqual(
      (many.json["problems"] as { path: string | null; message: string }[])
        .map(({ path, message }) => `${path ?? ""}: ${message}`)
        .sort(),
      [': does not know "unknown"', 'stage: must be one of "before", "after"'],
    );
  });

  test("of a part that is away it says why, as 503, and a defect says nothing of itself", async () => {
    const ports = memoryPorts();
    const broken = {
      ...ports,
      executions: null,
      flow: { flow: () => Promise.reject(new BridgeError("BROKER_UNAVAILABLE", "no broker answers")) },
      letters: { list: () => Promise.reject(new Error("password=hunter2")), letter: () => Promise.resolve(null) },
    };
    const other = await startTestApi({ ports: broken });
    try {
      const away = await other.ask("/api/executions");
      assert.deepEqual([away.status, away.json["code"]], [503, "NOT_HERE"]);
      const flow = await other.ask("/api/flow");
      assert.deepEqual(
        [flow.status, flow.json["code"], flow.json["detail"]],
        [503, "BROKER_UNAVAILABLE", "no broker answers"],
      );
      const defect = await other.ask("/api/dead-letters");
      assert.deepEqual([defect.status, defect.json["code"]], [500, "INTERNAL"]);
      assert.doesNotMatch(defect.text, /hunter2/);
      assert.equal((await other.ask("/api/handlers")).status, 200, "the rest works");
    } finally {
      await other.close();
    }
  });

  test("lets an address wait after ten wrong tokens, but not who had proved one before", async () => {
    const other = await startTestApi();
    try {
      assert.equal((await other.ask("/api/session")).status, 200);
      for (let count = 0; count < 10; count++)
        assert.equal((await other.ask("/api/session", { token: `bad${count}` })).status, 401);
      const refused = await other.ask("/api/session", { token: "bad" });
      assert.equal(refused.status, 429);
      assert.equal(refused.json["code"], "TOO_MANY_FAILURES");
      const seconds = Number(refused.headers.get("retry-after"));
      assert.ok(seconds >= 1 && seconds <= 60);
      assert.equal(other.ports.trail[0]?.outcome, "TOO_MANY_FAILURES");
      assert.equal(
        (await other.ask("/api/session", { token: other.viewer })).status,
        429,
        "a right one that was not seen before",
      );
      assert.equal((await other.ask("/api/session")).status, 200);
    } finally {
      await other.close();
    }
  });

  test("without authentication shows everything and changes nothing; on another address than loopback it does not start", async () => {
    const other = await startTestApi({ recognisers: [] });
    try {
      const session = await other.ask("/api/session", { token: null });
      assert.equal(session.json["role"], "viewer");
      assert.match(String(session.json["readOnly"]), /ADMIN_TOKENS_FILE/);
      assert.equal((await other.ask("/api/handlers", { token: null })).status, 200);
      const write = await other.ask("/api/handlers/credit-guard", {
        method: "DELETE",
        token: null,
        headers: { "if-match": '"1"' },
      });
      assert.deepEqual([write.status, write.json["code"]], [403, "READ_ONLY"]);
      assert.equal(other.ports.trail[0]?.outcome, "READ_ONLY");
    } finally {
      await other.close();
    }
    await assert.rejects(startTestApi({ recognisers: [], host: "0.0.0.0" }), { code: "SETTINGS_INVALID" });
  });

  test("ADMIN_INSECURE makes everybody an operator, and the log says so loudly", async () => {
    const warnings: string[] = [];
    const note = (): void => undefined;
    const logger = {
      debug: note,
      info: note,
      error: note,
      warn: (_fields: object, message: string) => void warnings.push(message),
    };
    const other = await startTestApi({ insecure: true, logger });
    try {
      const session = await other.ask("/api/session", { token: null });
      assert.deepEqual(
        [session.json["role"], session.json["authentication"], session.json["readOnly"]],
        ["operator", "none", null],
      );
      assert.ok(warnings.some((warning) => warning.includes("EVERYBODY")));
    } finally {
      await other.close();
    }
  });

  test("cuts off who sends a request so slowly that it never ends", { timeout: 25_000 }, async () => {
    const begin = performance.now();
    const socket = connect(api.port, "127.0.0.1");
    const ended = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined).on("data", () => undefined);
    socket.write("GET /api/session HTTP/1.1\r\nhost: localhost\r\n");
    const drip = setInterval(() => socket.write("x-slow: 1\r\n"), 500);
    await ended;
    clearInterval(drip);
    assert.ok(performance.now() - begin < 20_000);
    assert.equal((await api.ask("/api/session")).status, 200);
  });

  test("opens no stream for who asks for its headers alone: nobody would see that they are gone", async () => {
    for (let count = 0; count < 65; count++) {
      const head = await api.ask("/api/live", { method: "HEAD", token: api.viewer });
      assert.equal(head.status, 405);
    }
    const live = await fetch(`${api.url}/api/live`, { headers: { authorization: `Bearer ${api.viewer}` } });
    assert.equal(live.status, 200, "there is room for a page");
    await live.body?.cancel();
  });

  test("lets a request in flight end when it is closed, and bounds the wait for one that does not", async () => {
    const ports = memoryPorts();
    const slow = Promise.withResolvers<never>();
    const flow = Promise.withResolvers<Awaited<ReturnType<NonNullable<typeof ports.flow>["flow"]>>>();
    const other = await startTestApi({
      ports: {
        ...ports,
        flow: { flow: () => flow.promise },
        figures: { recent: () => slow.promise, steps: () => slow.promise },
      },
    });
    const live = await fetch(`${other.url}/api/live`, { headers: { authorization: `Bearer ${other.operator}` } });
    const inFlight = other.ask("/api/flow");
    const stuck = other.ask("/api/handlers").then(
      () => "answered",
      () => "cut off",
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    const begin = performance.now();
    const closed = other.close(1500);
    flow.resolve({ topics: [], groups: [], instances: [] });
    assert.equal((await inFlight).status, 200);
    await closed;
    assert.ok(performance.now() - begin < 4000);
    assert.equal(await stuck, "cut off");
    assert.match(await live.text(), /^: open/, "the stream has ended, not broken off");
    slow.reject(new Error("over"));
  });

  test("serves the pages: hashed assets for ever, the page itself never from a cache, and at every address it makes up", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pages-"));
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "index.html"), "<title>the page</title>");
    writeFileSync(join(folder, "assets", "app-abc.js"), "run()");
    const other = await startTestApi({ pages: folder });
    try {
      for (const path of ["/", "/handlers/credit-guard", "/dead-letters?x=1"]) {
        const page = await other.ask(path, { token: null, headers: { accept: "text/html,*/*" } });
        assert.equal(page.status, 200, path);
        assert.match(page.text, /the page/, path);
        assert.equal(page.headers.get("cache-control"), "no-cache", path);
        assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/, path);
      }
      const asset = await other.ask("/assets/app-abc.js", { token: null });
      assert.equal(asset.headers.get("cache-control"), "public, max-age=31536000, immutable");
      for (const path of [
        "/assets/gone.js",
        "/api/nothing",
        "/../../etc/passwd",
        "/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
      ]) {
        const { status } = await other.ask(path, { headers: { accept: "application/json" } });
        assert.ok(status === 404 || status === 400 || status === 403, `${path}: ${status}`);
      }
    } finally {
      await other.close();
      rmSync(folder, { recursive: true });
    }
    const bare = await api.ask("/", { token: null });
    assert.match(bare.text, /npm run build/);
  });
});
