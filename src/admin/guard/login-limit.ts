import { isIPv6 } from "node:net";
import type { Clock } from "../../model/clock.ts";

/**
 * Failed logins of one address: after ten within a minute it gets no further try until the minute is over. What it had
 * proved before goes on working, so that nobody locks out others who come through the same proxy. Holds at most 4096
 * addresses and proofs; the oldest goes first, which costs an attacker one address for each.
 */
export class LoginLimit {
  readonly #clock: Clock;
  readonly #failures = new Map<string, { count: number; readonly untilMs: number }>();
  readonly #proofs = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until this address may try again; 0: now. `credential` is a digest. */
  waitMs(address: string, credential: string): number {
    const known = this.#failures.get(blockOf(address));
    if (known === undefined || known.count < mostFailures) return 0;
    const leftMs = known.untilMs - this.#clock.monotonicMs();
    return leftMs <= 0 || this.#proofs.has(proof(address, credential)) ? 0 : leftMs;
  }

  failed(address: string): void {
    const block = blockOf(address);
    const nowMs = this.#clock.monotonicMs();
    const known = this.#failures.get(block);
    if (known !== undefined && known.untilMs > nowMs) known.count++;
    else {
      this.#failures.delete(block);
      this.#failures.set(block, { count: 1, untilMs: nowMs + windowMs });
      trim(this.#failures);
    }
  }

  worked(address: string, credential: string): void {
    this.#proofs.add(proof(address, credential));
    trim(this.#proofs);
  }
}

const mostFailures = 10;
const windowMs = 60_000;
const mostKept = 4096;

/** Somebody with an IPv6 network has 2^64 addresses of it. */
function blockOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::", 2);
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...first, ...Array<string>(Math.max(8 - first.length - last.length, 0)).fill("0"), ...last];
  return groups.slice(0, 4).join(":");
}

function proof(address: string, credential: string): string {
  return `${blockOf(address)} ${credential}`;
}

function trim(kept: Map<string, unknown> | Set<string>): void {
  const [oldest] = kept.keys();
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
}
