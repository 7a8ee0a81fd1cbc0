/**
 * The HTTP server that deliveries go to, a process of its own: answers each POST with 200 after LATENCY_MS. Told to watch,
 * it says how long the next ones took and what CPU the given processes used meanwhile, both by its own count.
 */
import { createServer, type ServerResponse } from "node:http";
import { type Meter, measuring } from "../support/meter.ts";

export interface Watch {
  readonly warmup: number;
  readonly events: number;
  readonly pids: readonly number[];
}

export type SinkSays =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "watched"; readonly perSecond: number; readonly cpuSeconds: number };

const latencyMs = Number(process.argv[2] ?? 0);
const body = JSON.stringify({ decision: "allow" });
const head = { "content-type": "application/json", "content-length": body.length };
let meter: Meter | null = null;

const say = (said: SinkSays): void => void process.send?.(said);

process.on("message", ({ events, pids, warmup }: Watch) => {
  const watching = measuring(pids, warmup, events);
  meter = watching.meter;
  void watching.over.then((cpu) => {
    meter = null;
    say({ kind: "watched", perSecond: watching.meter.perSecond, cpuSeconds: cpu });
  });
});
process.on("disconnect", () => process.exit());

function answer(response: ServerResponse): void {
  response.writeHead(200, head).end(body);
  meter?.add();
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  request.on("end", () => {
    if (latencyMs > 0) setTimeout(answer, latencyMs, response);
    else answer(response);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  say({ kind: "listening", port: typeof address === "object" && address !== null ? address.port : 0 });
});
