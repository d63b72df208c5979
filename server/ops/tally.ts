/** A number that is counted up on hot paths and handed to prom-client only when it is asked for. */
import { Counter, type Registry } from 'prom-client';

export class Tally {
  value = 0;

  inc(by = 1): void {
    this.value += by;
  }
}

export interface TallyNames {
  name: string;
  help: string;
  registers: Registry[];
}

export function tally(names: TallyNames): Tally {
  const tally = new Tally();
  new Counter({
    ...names,
    collect() {
      this.reset();
      this.inc(tally.value);
    },
  });
  return tally;
}

/** One tally for each value of a label, all of them there from the start, so that a rate never misses the first step. */
export function tallies<L extends string>(names: TallyNames, label: string, values: readonly L[]): Map<L, Tally> {
  const tallies = new Map(values.map((value) => [value, new Tally()]));
  new Counter({
    ...names,
    labelNames: [label],
    collect() {
      this.reset();
      for (const [value, { value: count }] of tallies) this.inc({ [label]: value }, count);
    },
  });
  return tallies;
}
