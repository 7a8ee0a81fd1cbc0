import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A process of its own that is asked by messages and answers each: `{ask, ...}` with `{ask, answer}`. */
export class Child<Question extends object> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #asked = 0;
  #ended = false;

  constructor(file: string, args: readonly string[]) {
    this.#process = fork(join(import.meta.dirname, file), [...args], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#process.on("message", ({ ask, answer }: { ask: number; answer: unknown }) => {
      this.#waiting.get(ask)?.(answer);
      this.#waiting.delete(ask);
    });
    this.#process.once("exit", () => {
      this.#ended = true;
      for (const resolve of this.#waiting.values()) resolve({ failed: `${file} has ended` });
      this.#waiting.clear();
    });
  }

  async ask<Answer>(question: Question): Promise<Answer> {
    if (this.#ended) throw new Error("the process has ended");
    const ask = ++this.#asked;
    const answer = await new Promise<unknown>((resolve) => {
      this.#waiting.set(ask, resolve);
      this.#process.send({ ask, ...question });
    });
    if (typeof answer === "object" && answer !== null && "failed" in answer) throw new Error(String(answer.failed));
    return answer as Answer;
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    const ended = once(this.#process, "exit");
    this.#process.disconnect();
    const late = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
  }
}

/** The child's side: answers each question; `onEnd` when whoever asked has gone. */
export function answerQuestions(answer: (question: never) => unknown, onEnd: () => Promise<void> | void): void {
  process.on("message", (question: { ask: number }) => {
    const { ask } = question;
    Promise.resolve()
      .then(() => answer(question as never))
      .catch((error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }))
      .then((said) => {
        if (process.connected) process.send?.({ ask, answer: said ?? null });
      })
      .catch(() => undefined);
  });
  process.once("disconnect", () => {
    void Promise.resolve(onEnd()).finally(() => process.exit());
  });
}
