/** Handlers as a process of their own: `node sink-process.ts JOURNAL`. Writes down every attempt as it comes, and how it was answered. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerQuestions } from "./child.ts";
import { Journal } from "./journal.ts";
import type { Counts, Play, Rule, SinkEntry, SinkQuestion } from "./remote-sink.ts";

const journal = new Journal(process.argv[2] ?? "");
const rules = new Map<string, Rule>();
const counts = new Map<string, { attempts: number; delivered: number; readonly distinct: Set<string> }>();
let arrivals = 0;

const well: Play = { kind: "ok" };
/** For those who are asked; who is told may answer anything. */
const allow = JSON.stringify({ decision: "allow" });

function text(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

function countsOf(path: string) {
  const known = counts.get(path) ?? { attempts: 0, delivered: 0, distinct: new Set<string>() };
  counts.set(path, known);
  return known;
}

function serve(request: IncomingMessage, body: string, response: ServerResponse): void {
  const path = request.url ?? "/";
  const number = arrivals++;
  const ceId = text(request, "ce-id");
  const own = countsOf(path);
  own.attempts++;
  const came: SinkEntry = {
    kind: "came",
    number,
    path,
    ceId,
    webhookId: text(request, "webhook-id"),
    sequence: text(request, "bridge-sequence"),
    atMs: Date.now(),
  };
  journal.add(came);
  const rule = rules.get(path);
  const key = /"object_id":"?(\d+)/.exec(body.slice(0, 400))?.[1] ?? "";
  const play = rule?.byKey?.[key] ?? rule?.usual ?? well;
  const reply = (status: number): void => {
    if (status >= 200 && status < 300) {
      own.delivered++;
      own.distinct.add(ceId);
    }
    const answered: SinkEntry = { kind: "answered", number, status, atMs: Date.now() };
    journal.add(answered);
    response.writeHead(status).end(status === 200 ? allow : undefined);
  };
  switch (play.kind) {
    case "hang":
      return;
    case "reset":
      response.destroy();
      return;
    case "status":
      reply(play.status);
      return;
    case "ok": {
      const status = play.busyEvery !== undefined && number % play.busyEvery === 0 ? 503 : 200;
      if (play.ms === undefined) reply(status);
      else setTimeout(() => reply(status), play.ms);
    }
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  request.on("end", () => serve(request, Buffer.concat(chunks).toString(), response));
});
server.keepAliveTimeout = 60_000;
const listening = new Promise<number>((resolve) => {
  server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
});

answerQuestions(
  (question: SinkQuestion) => {
    switch (question.kind) {
      case "port":
        return listening;
      case "rule":
        rules.set(question.path, question.rule);
        return null;
      case "flush":
        journal.flush();
        return null;
      case "counts": {
        const { attempts, delivered, distinct } = countsOf(question.path);
        const said: Counts = { attempts, delivered, distinct: distinct.size };
        return said;
      }
    }
  },
  () => {
    journal.flush();
    server.closeAllConnections();
  },
);
