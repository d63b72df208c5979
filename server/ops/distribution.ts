/** A histogram for hot paths: an observation moves two numbers, where prom-client's makes a key of text for it. Read by prom-client when it is asked for. */
import type { Metric } from 'prom-client';
import type { TallyNames } from './tally.ts';

export class Distribution {
  /** Of each bucket alone; the last one has no bound. */
  private readonly counts: number[];
  private sum = 0;
  private readonly bounds: readonly number[];

  /** `bounds` rise; a value belongs to the first that is not less. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += value;
  }

  reset(): void {
    this.counts.fill(0);
    this.sum = 0;
  }

  /** As the exposition format has it: each bucket counts those below it, too. */
  values(name: string) {
    let count = 0;
    const buckets = [...this.bounds, '+Inf'].map((le, i) => {
      count += this.counts[i]!;
      return { metricName: `${name}_bucket`, labels: { le }, value: count };
    });
    const total = (what: string, value: number) => ({ metricName: `${name}_${what}`, labels: {}, value });
    return [...buckets, total('sum', this.sum), total('count', count)];
  }
}

export function distribution({ name, help, registers }: TallyNames, bounds: readonly number[]): Distribution {
  const made = new Distribution(bounds);
  const metric = {
    name,
    help,
    get: async () => ({ name, help, type: 'histogram', values: made.values(name), aggregator: 'sum' }),
    reset: () => made.reset(),
  };
  // What a registry asks of a metric; its type has the methods of all kinds.
  for (const registry of registers) registry.registerMetric(metric as unknown as Metric);
  return made;
}
