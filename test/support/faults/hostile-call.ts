import type { Socket } from "node:net";
import type { Data } from "../../../src/model/data.ts";
import { response } from "../loopback.ts";
import type { Said, SaidChange } from "./said.ts";

/** One call of a hostile handler. */
export interface HostileCall {
  readonly ceId: string;
  readonly data: Data;
  /** From 1, over all calls of this handler. */
  readonly number: number;
  /** From 1, over the calls of this handler about this event. */
  readonly numberOfEvent: number;
  /** Of the handler's URL. */
  readonly parameters: URLSearchParams;
  readonly socket: Socket;
  /** Must be called before the bytes that say it are written. */
  readonly say: (said: Said) => void;
}

export type Play = (call: HostileCall) => void;

/** A text that names handler and event, so that what was said of another event shows. */
export function markOf(call: HostileCall): string {
  return `said of ${call.ceId}`;
}

export function allowing(change: object): string {
  return JSON.stringify({ decision: "allow", data: change });
}

export function answerWith(call: HostileCall, said: Said, body: string, headers: readonly string[] = []): void {
  call.say(said);
  call.socket.write(response("200 OK", body, headers));
}

/** Allows with a change that holds the mark, and nothing odd about it. */
export function answerWell(call: HostileCall): void {
  const change: SaidChange = { c_company: markOf(call) };
  answerWith(call, { kind: "allow", change }, allowing(change));
}

/** Plays that take turns, by the number of the call. */
export function inTurn<T>(items: readonly T[], { number }: HostileCall): T {
  const item = items[(number - 1) % items.length];
  if (item === undefined) throw new Error("there is nothing to choose from");
  return item;
}
