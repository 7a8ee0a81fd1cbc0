import { type Delivery, NotTaken, type OpenDelivery, PermanentFailure } from "./delivery.ts";

/** A delivery that a loop will be given, and how it says what became of it. */
interface Offer {
  readonly open: OpenDelivery;
  readonly begin: () => void;
  /** Ends it as if it had never been given. */
  readonly leave: () => void;
}

interface Taker {
  readonly give: (offer: Offer | null) => void;
  readonly fail: (error: Error) => void;
}

/**
 * Between the engine, which offers deliveries, and the loops that read them. It holds no more than the engine has under way
 * at once; while nobody reads, they wait here and their time does not run.
 */
export class DeliveryStream {
  readonly #offers: Offer[] = [];
  readonly #takers: Taker[] = [];
  #end: { readonly error: Error | null } | null = null;

  /** Resolves when it is done; rejects with what became of it otherwise. */
  offer(delivery: Delivery, begin: () => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const offer: Offer = {
      open: {
        ...delivery,
        done: () => resolve(undefined),
        retry: (why) => reject(new Error(why)),
        reject: (why) => reject(new PermanentFailure(why)),
      },
      begin,
      leave: () => reject(new NotTaken("nobody read it")),
    };
    if (this.#end !== null) offer.leave();
    else {
      delivery.signal.addEventListener("abort", () => this.#withdraw(offer), { once: true });
      this.#offers.push(offer);
      this.#match();
    }
    return promise;
  }

  /** Ends all loops, with the error if there is one; what nobody has read comes again elsewhere. Idempotent. */
  close(error: Error | null = null): void {
    if (this.#end !== null) return;
    this.#end = { error };
    for (const offer of this.#offers.splice(0)) offer.leave();
    for (const taker of this.#takers.splice(0)) {
      if (error === null) taker.give(null);
      else taker.fail(error);
    }
  }

  /** A loop over it; leaving the loop calls `close`. */
  loop(close: () => Promise<void>): AsyncIterator<OpenDelivery, undefined> {
    let held: Offer | null = null;
    return {
      next: async () => {
        held = await this.#take();
        return held === null ? { done: true, value: undefined } : { done: false, value: held.open };
      },
      return: async () => {
        // Whoever leaves in the middle has not done it; closing need not wait for what nobody will say.
        held?.leave();
        await close();
        return { done: true, value: undefined };
      },
    };
  }

  #take(): Promise<Offer | null> {
    if (this.#end !== null) return this.#end.error === null ? Promise.resolve(null) : Promise.reject(this.#end.error);
    return new Promise((give, fail) => {
      this.#takers.push({ give, fail });
      this.#match();
    });
  }

  #match(): void {
    while (this.#offers.length > 0 && this.#takers.length > 0) {
      const offer = this.#offers.shift();
      const taker = this.#takers.shift();
      if (offer === undefined || taker === undefined) return;
      offer.begin();
      taker.give(offer);
    }
  }

  /** Its time has come to an end before anybody read it: nobody shall. */
  #withdraw(offer: Offer): void {
    const at = this.#offers.indexOf(offer);
    if (at < 0) return;
    this.#offers.splice(at, 1);
    offer.leave();
  }
}
