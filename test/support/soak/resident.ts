import { readFileSync } from "node:fs";

/** Resident size of a process in MiB (1,048,576 bytes), taken every second. */
export class Resident {
  readonly samples: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      const size = residentOf(pid);
      if (size !== null) this.samples.push(size);
    }, 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Of what was sampled after the first `warmUp` seconds. */
  after(warmUp: number): ResidentFigures {
    const kept = this.samples.slice(warmUp);
    const third = Math.ceil(kept.length / 3);
    return {
      seconds: kept.length,
      min: Math.min(...kept),
      median: median(kept),
      max: Math.max(...kept),
      perMinute: slope(kept) * 60,
      early: median(kept.slice(0, third)),
      late: median(kept.slice(-third)),
    };
  }
}

export interface ResidentFigures {
  readonly seconds: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Slope of the line through all samples. */
  readonly perMinute: number;
  /** Medians of the first and of the last third. */
  readonly early: number;
  readonly late: number;
}

function residentOf(pid: number): number | null {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return null;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Least squares, a sample a second. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const over = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  const under = values.reduce((sum, _value, at) => sum + (at - middle) ** 2, 0);
  return under === 0 ? 0 : over / under;
}
