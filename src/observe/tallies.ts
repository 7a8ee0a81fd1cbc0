import type { Registry } from "prom-client";

export interface TallyOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly L[];
  readonly registry: Registry;
}

type Labels<L extends string> = Readonly<Record<L, string>>;

/** What prom-client's registry asks of a metric, and its aggregation of another thread's. */
interface Scraped {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "histogram";
  readonly aggregator: "sum";
  readonly values: readonly object[];
}

/**
 * A counter and a histogram for what happens thousands of times a second: as prom-client's, of which each call costs as much as
 * ten of these (it checks names, sorts and joins them, and counts in objects). Here a call finds its numbers by the labels'
 * values and adds to them; all else is done when they are scraped.
 */
abstract class Tally<L extends string, Series extends { readonly labels: Labels<L> }> {
  readonly name: string;
  readonly #help: string;
  readonly #labelNames: readonly L[];
  readonly #series = new Map<string, Series>();
  /** Found last: what happens often happens to the same. */
  #latest: Series | null = null;

  constructor({ help, labelNames, name, registry }: TallyOptions<L>) {
    this.name = name;
    this.#help = help;
    this.#labelNames = labelNames;
    registry.registerMetric(this as never);
  }

  protected seriesOf(labels: Labels<L>): Series {
    const latest = this.#latest;
    if (latest !== null && this.#labelNames.every((name) => latest.labels[name] === labels[name])) return latest;
    let key = "";
    for (const name of this.#labelNames) key += `${labels[name]}\0`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const own = Object.fromEntries(this.#labelNames.map((name) => [name, labels[name]])) as Labels<L>;
      series = this.begin(own);
      this.#series.set(key, series);
    }
    this.#latest = series;
    return series;
  }

  protected abstract begin(labels: Labels<L>): Series;

  protected scraped(type: Scraped["type"], valuesOf: (series: Series) => readonly object[]): Promise<Scraped> {
    const values = [...this.#series.values()].flatMap(valuesOf);
    return Promise.resolve({ name: this.name, help: this.#help, type, aggregator: "sum", values });
  }

  /** Called by the registry. */
  reset(): void {
    this.#series.clear();
    this.#latest = null;
  }
}

interface Count<L extends string> {
  readonly labels: Labels<L>;
  value: number;
}

export class TallyCounter<L extends string> extends Tally<L, Count<L>> {
  inc(labels: Labels<L>): void {
    this.seriesOf(labels).value++;
  }

  get(): Promise<Scraped> {
    return this.scraped("counter", ({ labels, value }) => [{ labels, value }]);
  }

  protected override begin(labels: Labels<L>): Count<L> {
    return { labels, value: 0 };
  }
}

interface Spread<L extends string> {
  readonly labels: Labels<L>;
  /** One more than there are bounds: what passes all of them is the last. Not summed up, as those that are scraped are. */
  readonly counts: number[];
  sum: number;
}

export class TallyHistogram<L extends string> extends Tally<L, Spread<L>> {
  readonly #bounds: readonly number[];

  /** `bounds` ascend. */
  constructor(options: TallyOptions<L> & { readonly bounds: readonly number[] }) {
    super(options);
    this.#bounds = options.bounds;
  }

  observe(labels: Labels<L>, value: number): void {
    const series = this.seriesOf(labels);
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at++;
    series.counts[at] = (series.counts[at] ?? 0) + 1;
    series.sum += value;
  }

  get(): Promise<Scraped> {
    return this.scraped("histogram", ({ counts, labels, sum }) => {
      let count = 0;
      const buckets = [...this.#bounds, "+Inf"].map((le, at) => {
        count += counts[at] ?? 0;
        return { labels: { le, ...labels }, value: count, metricName: `${this.name}_bucket`, exemplar: null };
      });
      return [
        ...buckets,
        { labels, value: sum, metricName: `${this.name}_sum` },
        { labels, value: count, metricName: `${this.name}_count` },
      ];
    });
  }

  protected override begin(labels: Labels<L>): Spread<L> {
    return { labels, counts: new Array<number>(this.#bounds.length + 1).fill(0), sum: 0 };
  }
}
