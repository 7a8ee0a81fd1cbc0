/** One figure of one contender, over all its runs. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function summary(values: readonly number[]): Summary {
  const sorted = values.toSorted((left, right) => left - right);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return { median, least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN };
}

/** Each run against the floor of the same round: what the machine does to one it does to the other. */
export function ratios(ours: readonly number[], floor: readonly number[]): Summary {
  return summary(ours.map((value, at) => value / (floor[at] ?? Number.NaN)));
}

export function shown({ median, least, most }: Summary, digits = 2): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)}-${most.toFixed(digits)})`;
}

export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Rounds in which every contender runs once: each round begins with another one, and every second goes backwards. */
export async function alternate<K extends string, T>(
  contenders: readonly K[],
  rounds: number,
  run: (contender: K, round: number) => Promise<T>,
): Promise<ReadonlyMap<K, readonly T[]>> {
  const results = new Map<K, T[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    const turned = contenders.map((_, at) => contenders[(at + round) % contenders.length] as K);
    if (round % 2 === 1) turned.reverse();
    for (const contender of turned) results.get(contender)?.push(await run(contender, round));
  }
  return results;
}
