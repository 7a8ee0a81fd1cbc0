import type { Socket } from "node:net";
import { response } from "../loopback.ts";
import { allowing, answerWell, type HostileCall, inTurn, markOf, type Play } from "./hostile-call.ts";
import { nothing, type SaidChange } from "./said.ts";

/** Handlers whose connection, pace or length is the trouble. The answer they hold back or cut would be a good one. */

const mebibyte = 1024 * 1024;

function wholeAnswer(call: HostileCall): string {
  return response("200 OK", allowing({ c_company: markOf(call) }));
}

/** Writes `text` a byte a second, for as long as the other side listens. */
function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at >= text.length || socket.destroyed) clearInterval(timer);
    else socket.write(text.charAt(at++));
  }, 1000);
  socket.once("close", () => clearInterval(timer));
}

/** Writes `chunk` again and again, as quickly as the other side takes it, until `bytes` are out or nobody reads. */
function pour(socket: Socket, chunk: Buffer, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= chunk.length;
      if (socket.write(chunk)) continue;
      socket.once("drain", more);
      return;
    }
  };
  more();
}

const endings: readonly Play[] = [
  ({ socket }) => socket.resetAndDestroy(),
  ({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-le");
    setTimeout(() => socket.resetAndDestroy(), 20);
  },
  (call) => {
    const text = wholeAnswer(call);
    call.socket.write(text.slice(0, text.length - 5));
    setTimeout(() => call.socket.resetAndDestroy(), 20);
  },
];

const halfCloses: readonly Play[] = [
  ({ socket }) => socket.end(),
  (call) => {
    const text = wholeAnswer(call);
    call.socket.end(text.slice(0, text.length - 5));
  },
  // No length: the end of the connection is the end of the body, and this one breaks off inside a text.
  (call) => call.socket.end(`HTTP/1.1 200 OK\r\n\r\n${allowing({ c_company: markOf(call) }).slice(0, -8)}`),
];

const garbage = [
  "SSH-2.0-OpenSSH_9.9\r\n",
  "\u0000\u0001\u0002\u0003",
  "HTTP/9.9 999 ?\r\n\r\n",
  "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
];

/** Answers well for a while, then hangs for six calls, then is well again, and so on. */
const stalls: Play = (call) => {
  const after = Number(call.parameters.get("after"));
  if ((call.number - 1) % (after + 6) < after) answerWell(call);
};

export const transportPlays: Readonly<Record<string, Play>> = {
  hang: () => undefined,
  drip: (call) => {
    // Half of them cannot even be told to be HTTP in time.
    const text = wholeAnswer(call);
    const head = text.indexOf("\r\n\r\n") + 4;
    const at = call.number % 2 === 0 ? 0 : head;
    call.socket.write(text.slice(0, at));
    drip(call.socket, text.slice(at));
  },
  reset: (call) => {
    call.say(nothing);
    inTurn(endings, call)(call);
  },
  "half-close": (call) => {
    call.say(nothing);
    inTurn(halfCloses, call)(call);
  },
  huge: (call) => {
    call.say(nothing);
    const chunk = Buffer.alloc(64 * 1024, " ");
    if (call.number % 2 === 0) {
      call.socket.write(
        `HTTP/1.1 200 OK\r\ncontent-length: ${100 * mebibyte}\r\n\r\n${allowing({ c_company: markOf(call) })}`,
      );
      pour(call.socket, chunk, 100 * mebibyte);
    } else {
      call.socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
      pour(
        call.socket,
        Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]),
        100 * mebibyte,
      );
    }
  },
  late: (call) => {
    setTimeout(
      () => {
        if (!call.socket.destroyed) answerWell(call);
      },
      Number(call.parameters.get("ms")),
    );
  },
  stalls,
  /** A second answer behind the first, for whoever asks next on this connection. */
  twice: (call) => {
    const change: SaidChange = { c_company: markOf(call) };
    call.say({ kind: "allow", change });
    const stray = response("200 OK", allowing({ c_company: `stray answer after ${call.ceId}` }));
    call.socket.write(`${response("200 OK", allowing(change))}${stray}`);
  },
  garbage: (call) => {
    call.say(nothing);
    call.socket.write(inTurn(garbage, call));
  },
};
