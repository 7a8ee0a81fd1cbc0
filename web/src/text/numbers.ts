/** Numbers as people read them. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function count(value: number): string {
  return value >= 100_000 ? short.format(value) : whole.format(value);
}

/** `3 handlers`, `1 handler`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const units = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
] as const;

/** `0.4 ms`, `12 ms`, `1.3 s`, `4 min`. */
export function duration(ms: number): string {
  if (ms < 1 && ms > 0) return `${ms.toFixed(1)} ms`;
  for (const [size, unit] of units) {
    if (ms < size) continue;
    const value = ms / size;
    return `${value < 10 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value)} ${unit}`;
  }
  return `${Math.round(ms)} ms`;
}

/** Rounded so that it never claims 100 % while something failed. */
export function percent(part: number, all: number): string {
  if (all === 0) return "none";
  const share = (100 * part) / all;
  if (part < all && share > 99.9) return "99.9 %";
  return share >= 99.95 || share < 10 ? `${Number(share.toFixed(1))} %` : `${share.toFixed(1).replace(/\.0$/, "")} %`;
}
