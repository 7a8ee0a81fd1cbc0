import { parentPort, workerData } from "node:worker_threads";
import { BridgeError } from "../errors.ts";
import { IndexThread } from "./index-thread.ts";
import type { FromIndex, IndexSettings, ToIndex } from "./messages.ts";

/** The index in a thread of its own (execution-index.ts is the other end): SQLite's calls return when they are done. */

const port = parentPort;
if (port === null) throw new BridgeError("INTERNAL", "index-worker.ts runs as a worker thread only");

const thread = new IndexThread(workerData as IndexSettings, (message: FromIndex) => port.postMessage(message));
port.on("message", (message: ToIndex) => {
  if (message.kind === "ask") thread.answer(message.id, message.question);
  else if (message.kind === "live") thread.live(message.wanted);
  else void thread.close().then(() => port.close());
});
thread.start();
