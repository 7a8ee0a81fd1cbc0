import { Connection, type ConnectionOptions } from "./connection.ts";

/**
 * The connections of one handler: a list of free ones, the last used first, so that those not needed fall idle and go.
 * How many are lent at once is bounded by the handler's bulkhead. (undici's Pool looks through all its clients on every dispatch.)
 */
export class Sockets {
  readonly #options: ConnectionOptions;
  readonly #free: Connection[] = [];
  #closed = false;
  readonly #idleClosed = (connection: Connection): void => this.drop(connection);

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Lends one out; exactly one of `keep` and `drop` ends that. `fresh` never gives one that was used before. */
  lend(fresh: boolean): Connection {
    const connection = (fresh ? undefined : this.#free.pop()) ?? new Connection(this.#options);
    // While it is lent its borrower sees to it; undici opens a new socket when the old one closes before it is used.
    connection.onClosed = nothing;
    return connection;
  }

  /** Drops the free connections now and the lent ones when they come back. */
  close(): void {
    this.#closed = true;
    for (const connection of [...this.#free]) this.drop(connection);
  }

  /** Keeps it for the next request: the response was read to its end. */
  keep(connection: Connection): void {
    if (this.#closed) {
      this.drop(connection);
      return;
    }
    this.#free.push(connection);
    // Also when the idle time is over: a client without a socket is worth nothing.
    connection.onClosed = this.#idleClosed;
  }

  drop(connection: Connection): void {
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
    connection.destroy();
  }
}

function nothing(): void {
  // its borrower knows
}
