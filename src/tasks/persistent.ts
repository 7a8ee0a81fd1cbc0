/**
 * The processes of persistent scripts, of every handler of a pool. How many there are is bounded by how many calls may
 * run: a call takes an idle process or starts one, and keeps its place until its process is idle again or gone.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import type { Handler, PersistentScript } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { CallTime, Over } from "./call-time.ts";
import { type CallHeaders, callHeaders, scriptEnvironment } from "./headers.ts";
import type { TaskLimits } from "./limits.ts";
import { requestLine } from "./persistent-answer.ts";
import { PersistentProcess, type Reply } from "./persistent-process.ts";
import type { ProcessGroups } from "./process-groups.ts";
import type { ScriptPath } from "./script-path.ts";
import { logStandardError } from "./standard-error.ts";
import { StartPace } from "./start-pace.ts";

export interface PersistentOptions {
  readonly onHeaders?: ((headers: CallHeaders) => void) | undefined;
  readonly groups: ProcessGroups;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: TaskLimits;
}

export interface PersistentCall {
  readonly handler: Handler;
  readonly call: TaskCall;
  readonly body: string;
  /** Masked in what is logged of standard error. */
  readonly secrets: readonly string[];
  readonly time: CallTime;
  readonly program: ScriptPath & { readonly kind: "script" };
  readonly persistent: PersistentScript;
}

export type PersistentResult =
  | Reply
  | { readonly kind: "over"; readonly over: Over }
  /** Nothing was started: its processes ended one after another without an answer. */
  | { readonly kind: "too-soon"; readonly retryAfterMs: number };

interface Member {
  readonly process: PersistentProcess;
  /** What it was started from: a file that was replaced is started anew. */
  readonly program: string;
}

/** A process may tell of an earlier call: the secrets of the last few are masked in what it logs. */
const rememberedCalls = 16;

/** The processes of one handler. */
class Crew {
  readonly pace: StartPace;
  readonly members = new Set<Member>();
  /** The one used last stands last and is used first. */
  readonly idle: Member[] = [];
  readonly secrets: (readonly string[])[] = [];
  isClosed = false;

  constructor(clock: Clock) {
    this.pace = new StartPace(clock);
  }
}

export class PersistentScripts {
  readonly #options: PersistentOptions;
  readonly #crews = new Map<string, Crew>();

  constructor(options: PersistentOptions) {
    this.#options = options;
  }

  /**
   * Never rejects; ends when the call's time does. At its deadline the process is stopped. A call that is cancelled before
   * leaves its process the rest of its time to answer, because nobody's need for the answer is no fault of the process.
   *
   * @param free called once the call's place may be taken by another.
   */
  async run(request: PersistentCall, free: () => void): Promise<PersistentResult> {
    const crew = this.#crewOf(request.handler.id);
    const member = await this.#member(crew, request);
    if ("kind" in member) {
      free();
      return member;
    }
    const { body, call, handler, secrets, time } = request;
    const { process } = member;
    crew.secrets.push(secrets);
    if (crew.secrets.length > rememberedCalls) crew.secrets.shift();
    const id = randomUUID();
    const headers = callHeaders(call, handler.stage, this.#options.clock.epochMs(), time.remainingMs());
    this.#options.onHeaders?.(headers);
    const replied = process.call(id, requestLine(id, headers, body));
    const done = (reply: Reply | null): void => {
      if (reply?.kind === "answered") crew.pace.worked();
      this.#logErrors(crew, handler, member, call.deliveryId);
      this.#back(crew, member, request.persistent);
      if (process.usable) free();
      else void process.gone.then(free);
    };
    const result = await time.within(replied);
    if (result.kind === "done") {
      done(result.value);
      return result.value;
    }
    if (result.over === "deadline") {
      process.giveUp();
      done(null);
    } else {
      void bounded(replied, time.remainingMs(), this.#options.clock).then((end) => {
        if (end === "late") process.giveUp();
        done(null);
      });
    }
    return result;
  }

  forget(handlerId: string): void {
    const crew = this.#crews.get(handlerId);
    if (crew === undefined) return;
    this.#crews.delete(handlerId);
    crew.isClosed = true;
    for (const member of crew.idle.splice(0)) this.#retire(member);
  }

  /** Asks those that are idle to end, stops the others; resolves when none is left, or those that are cannot be ended. */
  async close(): Promise<void> {
    const all: Promise<void>[] = [];
    for (const crew of this.#crews.values()) {
      crew.isClosed = true;
      for (const member of crew.members) {
        all.push(member.process.gone);
        if (member.process.isBusy) member.process.stop();
        else this.#retire(member);
      }
    }
    const { endGraceMs, killGraceMs } = this.#options.limits;
    await bounded(Promise.all(all), endGraceMs + killGraceMs * 2, this.#options.clock);
  }

  /** An idle process, or a new one as soon as one may be started. */
  async #member(
    crew: Crew,
    request: PersistentCall,
  ): Promise<Member | (PersistentResult & { kind: "over" | "too-soon" })> {
    const { program, time } = request;
    for (;;) {
      const idle = this.#takeIdle(crew, `${program.path} ${program.version}`);
      if (idle !== undefined) return idle;
      const waitMs = crew.pace.waitMs();
      if (waitMs === 0) return this.#begin(crew, request);
      if (waitMs >= time.remainingMs()) return { kind: "too-soon", retryAfterMs: waitMs };
      await time.pause(waitMs);
      if (time.over !== undefined) return { kind: "over", over: time.over };
    }
  }

  #takeIdle(crew: Crew, program: string): Member | undefined {
    for (let member = crew.idle.pop(); member !== undefined; member = crew.idle.pop()) {
      if (member.program === program && member.process.usable) return member;
      this.#retire(member);
    }
    return undefined;
  }

  #begin(crew: Crew, { handler, program }: PersistentCall): Member {
    const { clock, groups, limits, logger } = this.#options;
    const startedMs = clock.monotonicMs();
    const process = new PersistentProcess(
      {
        path: program.path,
        directory: program.directory,
        environment: scriptEnvironment({}),
        lineLimit: limits.answerBytes,
        errorLimit: limits.logBytes,
        killGraceMs: limits.killGraceMs,
        failed: (why) => {
          if (process.answered === 0) crew.pace.failed(startedMs);
          if (!crew.isClosed)
            logger.warn(
              { handler: handler.id, why, answered: process.answered },
              "a persistent script ended or was stopped",
            );
        },
      },
      groups,
    );
    const member: Member = { process, program: `${program.path} ${program.version}` };
    crew.members.add(member);
    void process.ended.then(() => {
      crew.members.delete(member);
      const at = crew.idle.indexOf(member);
      if (at !== -1) crew.idle.splice(at, 1);
      this.#logErrors(crew, handler, member);
    });
    return member;
  }

  /** After a call. */
  #back(crew: Crew, member: Member, { maxCalls }: PersistentScript): void {
    const { process } = member;
    if (!process.usable) return;
    if (crew.isClosed || (maxCalls !== null && process.answered >= maxCalls)) this.#retire(member);
    else crew.idle.push(member);
  }

  /** The end of its input, then time to end by itself. */
  #retire({ process }: Member): void {
    process.retire();
    void bounded(process.gone, this.#options.limits.endGraceMs, this.#options.clock).then((end) => {
      if (end === "late") process.stop();
    });
  }

  #logErrors(crew: Crew, handler: Handler, { process }: Member, delivery?: string): void {
    const { logger, limits } = this.#options;
    const wrote = { handler: handler.id, delivery, bytes: process.takeErrors() };
    logStandardError(logger, wrote, limits.logBytes, crew.secrets.flat());
  }

  #crewOf(handlerId: string): Crew {
    const known = this.#crews.get(handlerId);
    if (known !== undefined) return known;
    const crew = new Crew(this.#options.clock);
    this.#crews.set(handlerId, crew);
    return crew;
  }
}
