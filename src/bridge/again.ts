/** Does its work once more for whoever asks, never twice at once; whoever asks while it is done is served by one more time. */
export class Again {
  readonly #work: () => Promise<void>;
  #isAsked = false;
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Resolves when work that began after this call has ended, and nobody has asked since. Rejects as the work does. */
  ask(): Promise<void> {
    this.#isAsked = true;
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#running = this.#run();
    }
    return this.#running;
  }

  /** What is under way, if anything is. */
  over(): Promise<void> {
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#isAsked) {
        this.#isAsked = false;
        await this.#work();
      }
    } finally {
      // In the same step as the last look at who has asked, or one who asks in between would not be served.
      this.#isRunning = false;
    }
  }
}
