/** Serves the hostile handlers in a thread of their own, so that what they do costs the measuring loop nothing. */
import { createServer, type Socket } from "node:net";
import { parentPort } from "node:worker_threads";
import type { Data } from "../../../src/model/data.ts";
import { onRequests, type ReceivedRequest } from "../loopback.ts";
import { answerPlays } from "./hostile-answers.ts";
import type { FromHostileThread } from "./hostile-handlers.ts";
import { transportPlays } from "./hostile-transport.ts";
import { nowMs } from "./said.ts";

const plays = { ...answerPlays, ...transportPlays };
const calls = new Map<string, number>();

function tell(message: FromHostileThread): void {
  parentPort?.postMessage(message);
}

function serve(socket: Socket, { head, body }: ReceivedRequest): void {
  const url = new URL(/^POST (\S+)/.exec(head)?.[1] ?? "/", "http://hostile.invalid");
  const handler = url.pathname.slice(1);
  const ceId = /^ce-id: (.*)$/im.exec(head)?.[1]?.trim() ?? "";
  const { data } = JSON.parse(body) as { data: Data };
  const number = (calls.get(handler) ?? 0) + 1;
  calls.set(handler, number);
  const about = `${handler} ${ceId}`;
  const numberOfEvent = (calls.get(about) ?? 0) + 1;
  calls.set(about, numberOfEvent);
  tell({ kind: "called", handler });
  plays[url.searchParams.get("play") ?? handler]?.({
    ...{ ceId, data, number, numberOfEvent, socket },
    parameters: url.searchParams,
    say: (said) => tell({ kind: "answered", answered: { handler, ceId, said, atMs: nowMs() } }),
  });
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on("error", () => undefined);
  socket.on("end", () => socket.end());
  onRequests(socket, (request) => serve(socket, request));
});
server.listen(0, "127.0.0.1", () => tell({ kind: "listening", port: (server.address() as { port: number }).port }));
parentPort?.on("message", (mark: number) => tell({ kind: "mark", mark }));
