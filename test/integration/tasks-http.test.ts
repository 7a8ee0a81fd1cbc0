import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from "node:tls";
import { gzipSync } from "node:zlib";
import { Webhook } from "standardwebhooks";
import type { AskOutcome } from "../../src/before/ports.ts";
import { systemClock } from "../../src/model/clock.ts";
import type { Failure } from "../../src/model/failure.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { createTasks, type Tasks, type TasksOptions, type UnguardedTasks } from "../../src/tasks/runner.ts";
import { createSecrets } from "../../src/tasks/secrets.ts";
import { eventually } from "../support/eventually.ts";
import { answering, loopback, onRequests, type ReceivedRequest, response } from "../support/loopback.ts";
import { afterHandler, askedHandler, guarded, httpTask, sampleCall, samplePassword } from "../support/tasks.ts";

const never = new AbortController().signal;
/** How much later than its timeout a call may end on a busy machine. */
const marginMs = 150;

function runner(t: TestContext, options: Partial<TasksOptions> = {}): UnguardedTasks {
  const tasks = createTasks({
    egressAllow: ["127.0.0.0/8", "::1"],
    scriptsDir: null,
    logger: silentLogger,
    clock: systemClock,
    ...options,
  });
  t.after(() => tasks.close(1000));
  return tasks;
}

function ask(tasks: Tasks, url: string, timeoutMs = 2000, id = "asked"): Promise<AskOutcome> {
  return tasks.ask(askedHandler(httpTask(url), id), sampleCall(timeoutMs), never);
}

async function failureOf(outcome: Promise<{ kind: string }>): Promise<Failure> {
  const ended = (await outcome) as { kind: string; failure?: Failure };
  assert.equal(ended.kind, "failure", JSON.stringify(ended));
  assert.ok(ended.failure !== undefined);
  return ended.failure;
}

/** The failure of a call that has to end by itself at its timeout. */
async function timedOut(tasks: Tasks, url: string, timeoutMs: number): Promise<Failure> {
  const startMs = performance.now();
  const failure = await failureOf(ask(tasks, url, timeoutMs));
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs >= timeoutMs - 2 && tookMs < timeoutMs + marginMs, `took ${tookMs} ms`);
  return failure;
}

/** An address at which connects stay unanswered: its queue is full and nobody takes from it. */
async function unaccepted(t: TestContext): Promise<string> {
  const source = `const server = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("fs").writeSync(1, server.address().port + "\\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30000);
  });`;
  const child = spawn(process.execPath, ["-e", source], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(String(line));
  const fillers = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
  t.after(async () => {
    for (const socket of fillers) socket.destroy();
    child.kill("SIGKILL");
    await once(child, "close");
  });
  await sleep(100);
  return `http://127.0.0.1:${port}/`;
}

const allow = response("200 OK", '{"decision":"allow"}', ["content-type: text/html"]);

test("a handler gets the documented body, the call's headers and a signature it can verify", async (t) => {
  const secret = `whsec_${Buffer.from("a secret of twenty-four b").toString("base64")}`;
  const requests: ReceivedRequest[] = [];
  const server = await loopback(t, (socket) => {
    onRequests(socket, (request) => {
      requests.push(request);
      socket.write(allow);
    });
  });
  const tasks = runner(t, { secrets: createSecrets({ CRM: secret }) });
  const handler = askedHandler(httpTask(`${server.url}?a=1#part`, ["env:CRM"]));
  assert.deepEqual(await tasks.ask(handler, sampleCall(1000), never), {
    kind: "answer",
    answer: { decision: "allow", patch: null },
  });
  const [request] = requests;
  assert.ok(request !== undefined);
  assert.match(request.head, /^POST \/hook\?a=1 HTTP\/1\.1\r\n/);
  const headers = Object.fromEntries(
    request.head
      .split("\r\n")
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
  ) as Record<string, string>;
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["accept-encoding"], "identity");
  assert.match(headers["user-agent"] ?? "", /^provisioning-bridge\/\d+\.\d+/);
  assert.equal(headers["host"], `127.0.0.1:${server.port}`);
  assert.equal(headers["bridge-stage"], "before");
  assert.equal(headers["ce-id"], "e-1");
  const remaining = Number(headers["bridge-timeout-ms"]);
  assert.ok(Number.isInteger(remaining) && remaining > 800 && remaining <= 1000);
  assert.deepEqual(new Webhook(secret).verify(request.body, headers), JSON.parse(request.body));
  assert.deepEqual(JSON.parse(request.body), {
    event: { dt: "2026-01-01T00:00:00+00:00", events_id: "clients.accounts.update", object_id: 12 },
    data: { id: 12, name: "n", password: samplePassword },
  });
});

test("a handler whose secret is missing gets nothing, rather than something unsigned", async (t) => {
  const server = await answering(t, allow);
  const tasks = runner(t, { secrets: createSecrets({}) });
  const failure = await failureOf(tasks.ask(askedHandler(httpTask(server.url, ["env:CRM"])), sampleCall(500), never));
  assert.equal(failure.kind, "unreachable");
  assert.match(failure.detail, /env:CRM is not set/);
  assert.equal(server.accepted(), 0);
});

test("204 and a forbid are answers; the reason never holds a secret", async (t) => {
  const tasks = runner(t);
  const noContent = await answering(t, "HTTP/1.1 204 No Content\r\n\r\n");
  assert.deepEqual(await ask(tasks, noContent.url, 1000, "a"), {
    kind: "answer",
    answer: { decision: "allow", patch: null },
  });
  const body = JSON.stringify({ decision: "forbid", reason: { code: "weak", message: `${samplePassword} is weak` } });
  const forbidding = await answering(t, response("200 OK", body));
  assert.deepEqual(await ask(tasks, forbidding.url, 1000, "b"), {
    kind: "answer",
    answer: { decision: "forbid", reason: { code: "weak", message: "*** is weak" } },
  });
});

test("an empty 200, HTML and a compressed answer are bad answers, and what was said is kept with secrets masked", async (t) => {
  const tasks = runner(t);
  const empty = await answering(t, response("200 OK", ""));
  assert.equal((await failureOf(ask(tasks, empty.url, 1000, "a"))).kind, "bad-answer");
  const page = await answering(
    t,
    response("200 OK", `<html>${samplePassword} ${JSON.stringify(samplePassword)}</html>`),
  );
  const failure = await failureOf(ask(tasks, page.url, 1000, "b"));
  assert.equal(failure.kind, "bad-answer");
  assert.equal(failure.response, '<html>*** "***"</html>');
  const zipped = gzipSync('{"decision":"allow"}');
  const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`;
  const compressed = await answering(t, Buffer.concat([Buffer.from(head), zipped]));
  const bad = await failureOf(ask(tasks, compressed.url, 1000, "c"));
  assert.equal(bad.kind, "bad-answer");
  assert.match(bad.detail, /gzip/);
});

test("a status outside 2xx is a failure with its status, its Retry-After and its bounded body", async (t) => {
  const tasks = runner(t);
  const busy = await answering(t, response("503 Busy", "x".repeat(20_000), ["retry-after: 7"]));
  const failure = await failureOf(ask(tasks, busy.url, 1000));
  assert.deepEqual([failure.kind, failure.status, failure.retryAfterMs], ["status", 503, 7000]);
  assert.equal(failure.response?.length, 8192);
});

test("a redirect is not followed, and where it points is told without its path", async (t) => {
  const elsewhere = await answering(t, allow);
  const tasks = runner(t);
  const server = await answering(
    t,
    response("302 Found", "", [`location: http://127.0.0.1:${elsewhere.port}/secret?x=1`]),
  );
  const failure = await failureOf(ask(tasks, server.url));
  assert.deepEqual([failure.kind, failure.status], ["status", 302]);
  assert.match(
    failure.detail,
    new RegExp(`redirects are not followed \\(it points to http://127\\.0\\.0\\.1:${elsewhere.port}\\)`),
  );
  assert.equal(elsewhere.accepted(), 0);
});

test("a handler that hangs, drips or never finishes its headers is cut off at its timeout", async (t) => {
  const tasks = runner(t);
  const hanging = await loopback(t, () => undefined);
  const drip = (head: string) =>
    loopback(t, (socket) => {
      onRequests(socket, () => {
        socket.write(head);
        const timer = setInterval(() => socket.write("x"), 20);
        socket.on("close", () => clearInterval(timer));
      });
    });
  const body = await drip("HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n");
  const headers = await drip("HTTP/1.1 200 OK\r\nx-drip: ");
  for (const server of [hanging, body, headers]) {
    const failure = await timedOut(tasks, server.url, 300);
    assert.equal(failure.kind, "timeout");
    await eventually("the socket is closed", () => server.open() === 0);
  }
});

test("a connect or a TLS handshake that is never answered ends at the timeout and leaves no socket", async (t) => {
  const tasks = runner(t);
  const silent = await loopback(t, () => undefined);
  const handshake = await timedOut(tasks, silent.url.replace("http:", "https:"), 200);
  assert.equal(handshake.kind, "timeout");
  await eventually("the socket is closed", () => silent.open() === 0);
  const connect = await timedOut(tasks, await unaccepted(t), 200);
  assert.equal(connect.kind, "timeout");
});

test("https is spoken with the host's name, its certificate is checked, and a session is resumed", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "tls-"));
  const trusted = getCACertificates("default");
  t.after(() => {
    setDefaultCACertificates(trusted);
    return rm(directory, { recursive: true });
  });
  const [keyFile, certFile] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const subject = ["-subj", "/CN=crm.example.net", "-addext", "subjectAltName=DNS:crm.example.net"];
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  execFileSync("openssl", [...made, "-keyout", keyFile, "-out", certFile, ...subject], { stdio: "ignore" });
  const [key, cert] = [readFileSync(keyFile), readFileSync(certFile)];
  const seen: string[] = [];
  const server = createTlsServer({ key, cert }, (socket) => {
    seen.push(`${String(socket.servername)} ${socket.isSessionReused() ? "resumed" : "new"}`);
    socket.on("error", () => undefined);
    onRequests(socket, () => socket.end(response("200 OK", '{"decision":"allow"}', ["connection: close"])));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as { port: number };
  const tasks = runner(t, { resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]) });
  const untrusted = await failureOf(ask(tasks, `https://crm.example.net:${port}/`));
  assert.equal(untrusted.kind, "unreachable");
  assert.match(untrusted.detail, /self-signed/);
  setDefaultCACertificates([cert.toString()]);
  assert.match((await failureOf(ask(tasks, `https://other.example.net:${port}/`))).detail, /other\.example\.net/);
  seen.length = 0;
  for (let call = 0; call < 2; call++)
    assert.equal((await ask(tasks, `https://crm.example.net:${port}/`)).kind, "answer");
  assert.deepEqual(seen, ["crm.example.net new", "crm.example.net resumed"]);
});

test("a server that speaks no TLS is unreachable over https", async (t) => {
  const tasks = runner(t);
  const plain = await loopback(t, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  assert.equal((await failureOf(ask(tasks, plain.url.replace("http:", "https:")))).kind, "unreachable");
});

test("a resolver that hangs ends at the timeout, and does not hold up the close", async (t) => {
  const tasks = runner(t, { resolve: () => new Promise(() => undefined) });
  const failure = await timedOut(tasks, "http://slow.example.net/", 200);
  assert.equal(failure.kind, "timeout");
});

test("refused, reset, half-closed and garbled connections are unreachable at once", async (t) => {
  const tasks = runner(t);
  const gone = await loopback(t, () => undefined);
  const reset = await loopback(t, (socket) => onRequests(socket, () => socket.resetAndDestroy()));
  const halfClosed = await loopback(t, (socket) => onRequests(socket, () => socket.end()));
  const broken = await loopback(t, (socket) => {
    onRequests(socket, () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"));
  });
  const garbled = await answering(t, "SSH-2.0-OpenSSH_9.2\r\n");
  const urls = [`http://127.0.0.1:1/`, reset.url, halfClosed.url, broken.url, garbled.url];
  for (const [at, url] of urls.entries()) {
    const startMs = performance.now();
    const failure = await failureOf(ask(tasks, url, 2000, `h${at}`));
    assert.equal(failure.kind, "unreachable", url);
    assert.notEqual(failure.detail, "");
    assert.ok(performance.now() - startMs < 500);
  }
  assert.equal(gone.accepted(), 0);
});

test("a few interim responses are passed over; one after the other without end is unreachable long before the timeout", async (t) => {
  const tasks = runner(t);
  const interim = "HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n";
  const few = await answering(t, interim.repeat(8) + allow);
  for (let call = 0; call < 2; call++) assert.equal((await ask(tasks, few.url, 2000, "few")).kind, "answer");
  assert.equal(few.accepted(), 1);
  const endless = await loopback(t, (socket) => {
    onRequests(socket, () => {
      const timer = setInterval(() => socket.write(interim), 5);
      socket.on("close", () => clearInterval(timer));
    });
  });
  const flood = await answering(t, interim.repeat(9) + allow);
  for (const server of [endless, flood]) {
    const startMs = performance.now();
    for (let call = 1; call <= 2; call++) {
      const failure = await failureOf(ask(tasks, server.url, 5000, server.url));
      assert.equal(failure.kind, "unreachable");
      assert.match(failure.detail, /more than 8 interim responses/);
      assert.equal(server.accepted(), call);
    }
    assert.ok(performance.now() - startMs < 4000);
    await eventually("the sockets are closed", () => server.open() === 0);
  }
});

test("an answer past the size limit is not read on, announced or not", async (t) => {
  const tasks = runner(t);
  let sent = 0;
  const endless = await loopback(t, (socket) => {
    onRequests(socket, () => {
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
      const block = Buffer.from(`10000\r\n${"x".repeat(65_536)}\r\n`);
      const pump = () => {
        while (sent < 100e6 && !socket.destroyed) {
          sent += block.length;
          if (!socket.write(block)) return void socket.once("drain", pump);
        }
      };
      pump();
    });
  });
  assert.equal((await failureOf(ask(tasks, endless.url, 5000, "a"))).kind, "too-large");
  await eventually("the socket is closed", () => endless.open() === 0);
  assert.ok(sent < 20e6, `${sent} bytes were taken`);
  const announced = await answering(t, "HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n");
  assert.equal((await failureOf(ask(tasks, announced.url, 5000, "b"))).kind, "too-large");
  const fits = await answering(t, response("200 OK", `{"decision":"allow","x":"${"x".repeat(262_000)}"}`));
  assert.equal((await ask(tasks, fits.url, 5000, "c")).kind, "answer");
});

test("of a response that is too long no chunk is looked at after the one that was too much", async (t) => {
  const long = await answering(
    t,
    `HTTP/1.1 500 Broken\r\ntransfer-encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(60_000)}0\r\n\r\n`,
  );
  let chunks = 0;
  const count = () => {
    chunks++;
  };
  subscribe("undici:request:bodyChunkReceived", count);
  t.after(() => unsubscribe("undici:request:bodyChunkReceived", count));
  const failure = await failureOf(ask(runner(t), long.url));
  assert.deepEqual([failure.kind, failure.response?.length], ["status", 8192]);
  await eventually("the socket is closed", () => long.open() === 0);
  assert.equal(chunks, 8193);
});

/** Answers each request with what the one before it on any socket should have got, the first with its own. */
async function outOfStep(t: TestContext, status: string) {
  const counts: number[] = [];
  let previous: string | undefined;
  const server = await loopback(t, (socket) => {
    onRequests(socket, ({ head }, count) => {
      counts.push(count);
      const own = response(status, status.startsWith("204") ? "" : '{"decision":"allow"}', [
        `Webhook-Id: ${/webhook-id: (\S+)/.exec(head)?.[1] ?? ""}`,
      ]);
      socket.write(previous ?? own);
      previous = own;
    });
  });
  return { server, counts };
}

test("a response that names another delivery is a bad answer in either stage, whatever its status, and ends its socket", async (t) => {
  for (const status of ["200 OK", "204 No Content", "410 Gone", "503 Busy"]) {
    const { counts, server } = await outOfStep(t, status);
    const tasks = runner(t);
    const task = httpTask(server.url);
    const called = (deliveryId: string) => sampleCall(2000, { deliveryId });
    const askOf = (deliveryId: string) => tasks.ask(askedHandler(task), called(deliveryId), never);
    const own = await askOf("d 0");
    assert.equal(own.kind, status.startsWith("2") ? "answer" : "failure");
    if (own.kind === "failure") assert.equal(own.failure.kind, "status");
    const mistaken = [() => askOf("d-1"), () => tasks.deliver(afterHandler(task, "asked"), called("d-2"), never)];
    for (const call of mistaken) {
      const failure = await failureOf(call());
      assert.equal(failure.kind, "bad-answer");
      assert.match(failure.detail, /to another call: its webhook-id/);
      await eventually("the socket is closed", () => server.open() === 0);
    }
    assert.deepEqual(counts, [1, 2, 1]);
  }
});

test("of headers without end no more is parsed than a piece beyond their bound", async (t) => {
  const flood = await answering(t, `HTTP/1.1 200 OK\r\n${"a:b\r\n".repeat(20_000)}`);
  const sockets: Socket[] = [];
  const connected = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
  subscribe("undici:client:connected", connected);
  try {
    const tasks = runner(t);
    assert.equal((await failureOf(ask(tasks, flood.url, 2000, "flood"))).kind, "too-large");
  } finally {
    unsubscribe("undici:client:connected", connected);
  }
  const [socket] = sockets;
  assert.ok(
    socket?.destroyed === true && socket.readableLength > 16 * 1024,
    `${socket?.readableLength} bytes are left`,
  );
});

test("of several webhook-ids in a response each must be the request's; a response without any is taken", async (t) => {
  const tasks = runner(t);
  const body = '{"decision":"allow"}';
  const two = await answering(t, response("200 OK", body, ["webhook-id: d-1", "webhook-id: d-2"]));
  assert.equal((await failureOf(ask(tasks, two.url, 2000, "two"))).kind, "bad-answer");
  const same = await answering(t, response("200 OK", body, ["webhook-id: d-1", "webhook-id:   d-1  "]));
  assert.equal((await ask(tasks, same.url, 2000, "same")).kind, "answer");
  const joined = await answering(t, response("200 OK", body, ["webhook-id: d-1, d-1", "webhook-id:"]));
  assert.equal((await ask(tasks, joined.url, 2000, "joined")).kind, "answer");
  const none = await answering(t, response("200 OK", body));
  assert.equal((await ask(tasks, none.url, 2000, "none")).kind, "answer");
});

test("a reused socket that the server closed is tried once more on a new one, a new one is not", async (t) => {
  const requests: number[] = [];
  const server = await loopback(t, (socket) => {
    onRequests(socket, (_request, count) => {
      requests.push(count);
      if (count === 1) socket.write(allow);
      else socket.destroy();
    });
  });
  const tasks = runner(t);
  assert.equal((await ask(tasks, server.url)).kind, "answer");
  assert.equal((await ask(tasks, server.url)).kind, "answer");
  assert.deepEqual(requests, [1, 2, 1]);
  const alwaysCloses = await loopback(t, (socket) => onRequests(socket, () => socket.destroy()));
  assert.equal((await failureOf(ask(tasks, alwaysCloses.url, 2000, "other"))).kind, "unreachable");
  assert.equal(alwaysCloses.accepted(), 1);
});

test("a server that closes idle sockets at once never costs an answer", async (t) => {
  const server = await loopback(t, (socket) => onRequests(socket, () => socket.end(allow)));
  const tasks = runner(t);
  for (let call = 0; call < 20; call++) assert.equal((await ask(tasks, server.url)).kind, "answer", `call ${call}`);
});

test("sockets are reused, kept idle for a second and then closed", async (t) => {
  const server = await answering(t, allow);
  const tasks = runner(t);
  for (let call = 0; call < 5; call++) await ask(tasks, server.url);
  assert.equal(server.accepted(), 1);
  assert.equal(server.open(), 1);
  await sleep(500);
  assert.equal(server.open(), 1);
  await eventually("the idle socket is closed", () => server.open() === 0);
});

test("two runners share no socket, and a forgotten handler keeps none", async (t) => {
  const server = await answering(t, allow);
  const [before, after] = [runner(t), runner(t)];
  await ask(before, server.url);
  await after.deliver(afterHandler(httpTask(server.url), "asked"), sampleCall(1000), never);
  assert.equal(server.accepted(), 2);
  before.forget("asked");
  after.forget("asked");
  await eventually("both are closed", () => server.open() === 0);
});

test("a handler's sockets are bounded: more calls wait within their own time, and past that are overload", async (t) => {
  const server = await loopback(t, () => undefined);
  const tasks = guarded(runner(t), { inFlight: 2, queue: 3 });
  const timeouts = [400, 400, 200, 200, 200, 200, 200];
  const calls = await Promise.all(timeouts.map((timeoutMs) => failureOf(ask(tasks, server.url, timeoutMs))));
  assert.equal(server.accepted(), 2);
  const kinds = calls.map(({ kind }) => kind);
  assert.equal(kinds.filter((kind) => kind === "timeout").length, 2);
  assert.equal(kinds.filter((kind) => kind === "overload").length, 5);
});

test("a delivery is any 2xx, whatever its body, its encoding or how long it drips", async (t) => {
  const tasks = runner(t);
  const deliver = (url: string, id: string) => tasks.deliver(afterHandler(httpTask(url), id), sampleCall(300), never);
  const page = await answering(t, response("201 Created", `<html>${samplePassword}</html>`));
  assert.deepEqual(await deliver(page.url, "a"), { kind: "delivered", status: 201, response: "<html>***</html>" });
  const long = await answering(t, response("200 OK", "x".repeat(1_000_000)));
  const delivered = await deliver(long.url, "b");
  assert.ok(delivered.kind === "delivered" && delivered.response.length === 8192);
  await eventually("the rest is not read", () => long.open() === 0);
  const dripping = await loopback(t, (socket) => {
    onRequests(socket, () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nab"));
  });
  assert.deepEqual(await deliver(dripping.url, "c"), { kind: "delivered", status: 200, response: "ab" });
  const zipped = await answering(t, response("200 OK", "???", ["content-encoding: gzip"]));
  assert.deepEqual(await deliver(zipped.url, "d"), {
    kind: "delivered",
    status: 200,
    response: "(content-encoding gzip, not shown)",
  });
});

test("loopback is refused unless allowed, by address and by name, with the setting named and nothing sent", async (t) => {
  const server = await answering(t, allow);
  const tasks = runner(t, { egressAllow: [], resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]) });
  for (const host of ["127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]", "harmless.example.net"]) {
    const failure = await failureOf(ask(tasks, `http://${host}:${server.port}/`, 1000, host));
    assert.equal(failure.kind, "unreachable", host);
    assert.match(failure.detail, /EGRESS_ALLOW/, host);
  }
  assert.equal(server.accepted(), 0);
});

test("a name that is harmless at first and loopback later is refused later", async (t) => {
  const server = await answering(t, response("200 OK", '{"decision":"allow"}', ["connection: close"]));
  const addresses = ["127.0.0.1", "169.254.169.254"];
  const tasks = runner(t, { resolve: () => Promise.resolve([{ address: addresses.shift() ?? "", family: 4 }]) });
  const url = `http://rebinding.example.net:${server.port}/`;
  assert.equal((await ask(tasks, url)).kind, "answer");
  await eventually("the first socket is closed", () => server.open() === 0);
  assert.match((await failureOf(ask(tasks, url))).detail, /169\.254\.169\.254 is a link-local/);
});

test("an aborted call ends at once and closes its socket", async (t) => {
  const server = await loopback(t, () => undefined);
  const tasks = runner(t);
  const caller = new AbortController();
  const asked = tasks.ask(askedHandler(httpTask(server.url)), sampleCall(5000), caller.signal);
  await eventually("the call is under way", () => server.open() === 1);
  const startMs = performance.now();
  caller.abort();
  assert.match((await failureOf(asked)).detail, /cancelled/);
  assert.ok(performance.now() - startMs < 50);
  await eventually("the socket is closed", () => server.open() === 0);
});

test("closing waits for calls under way up to its deadline, refuses new ones and can be repeated", async (t) => {
  const server = await loopback(t, () => undefined);
  const tasks = runner(t);
  const asked = ask(tasks, server.url, 5000);
  await eventually("the call is under way", () => server.open() === 1);
  const startMs = performance.now();
  const closing = tasks.close(200);
  assert.match((await failureOf(ask(tasks, server.url))).detail, /stopping/);
  await Promise.all([closing, tasks.close(200)]);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs >= 195 && tookMs < 200 + marginMs, `took ${tookMs} ms`);
  assert.equal((await asked).kind, "failure");
  await eventually("the socket is closed", () => server.open() === 0);
});

test("calls in parallel and one after another all get their own answer", async (t) => {
  const server = await loopback(t, (socket) => {
    onRequests(socket, ({ head }) => {
      const id = /webhook-id: (\S+)/.exec(head)?.[1] ?? "";
      setTimeout(
        () => socket.write(response("200 OK", JSON.stringify({ decision: "forbid", reason: { code: id } }))),
        Math.random() * 5,
      );
    });
  });
  const tasks = runner(t);
  const handler = askedHandler(httpTask(server.url));
  const askWith = async (deliveryId: string) => {
    const outcome = await tasks.ask(handler, sampleCall(5000, { deliveryId }), never);
    assert.deepEqual(outcome, {
      kind: "answer",
      answer: { decision: "forbid", reason: { code: deliveryId, message: "" } },
    });
  };
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 100 }, (_none, call) => askWith(`d-${round}-${call}`)));
  }
  assert.ok(server.accepted() <= 128, `${server.accepted()} sockets`);
});
