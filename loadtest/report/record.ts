/** What is kept of one run of a scenario: plain data, the JSON of a report. Times are ms and sizes bytes where a name does not say otherwise. */
import type { Percentiles } from '../generator/plan.ts';
import type { Machine } from '../harness/machine.ts';
import type { Verdict } from '../harness/verify.ts';

export const RECORD_FORMAT = 'gapless-loadtest/1';

export interface RunRecord {
  format: typeof RECORD_FORMAT;
  scenario: string;
  /** One line for people: what was done to whom. */
  title: string;
  machine: Machine;
  /** `embedded`, `redis` or the name of a peer. */
  contender: string;
  /** Everything the run was started with, by the options' names; the server's settings by theirs. */
  options: Readonly<Record<string, unknown>>;
  env: Readonly<Record<string, string>>;
  /** What `perSecond` counts, in plural: `requests`; events where it is not said. */
  unit?: string;
  phases: Phase[];
  /** Once a second over the whole run, on one clock. */
  series: Sample[];
  /** What the scenario set out to find, with its bound where it has one. */
  findings: Finding[];
  /** Null where there is no log of events to verify. */
  verdict: Verdict | null;
  /** What must not happen: refused frames, rejected events, lost connections, in words; the first few. */
  faults: string[];
  /** Why the run counts for nothing, such as a generator that was the bottleneck; empty if it counts. */
  invalid: string[];
}

/** A stretch of the run under one kind of load. */
export interface Phase {
  name: string;
  /** Seconds since the load began. */
  from: number;
  seconds: number;
  offeredPerSecond?: number;
  perSecond: number;
  /** Intended send time to answer. */
  latency?: Percentiles;
  /** How late the generator was, and how much of one core it used in its busiest process. */
  lateness?: Percentiles;
  generatorCores?: number;
  /** CPU microseconds for one event by part of the system. */
  cpuMicros?: Readonly<Record<string, number>>;
}

/** One second of the run; what is not known is left out. */
export interface Sample {
  /** Seconds since the load began, at the end of this second. */
  at: number;
  perSecond: number;
  offeredPerSecond?: number;
  latency?: { p50: number; p99: number; max: number };
  /** Of the server, from its `/metrics` and from /proc. */
  creditBytes?: number;
  creditBudgetBytes?: number;
  /** 0 to 1. */
  pressure?: number;
  residentBytes?: number;
  cores?: number;
  connections?: number;
  lagEvents?: number;
}

/** What a cost was at each size of what it is for. */
export interface Growth {
  /** What grows: `connections`. */
  over: string;
  /** The cost and its unit. */
  of: string;
  unit: string;
  /** Rising by size, which is above 0. */
  points: readonly { size: number; cost: number }[];
}

export interface Finding {
  name: string;
  value: number;
  unit: string;
  /** The value must be at most or at least this. */
  bound?: { most: number } | { least: number };
  /** What a reader should know of it. */
  note?: string;
  /** What the value was fitted to. */
  growth?: Growth;
}

/** Why comparisons and claims leave the run out; empty if it counts. */
export function whyNotCounted({ invalid, verdict }: Pick<RunRecord, 'invalid' | 'verdict'>): string[] {
  if (!verdict || verdict.ok) return invalid;
  return [...invalid, `the log is not what was acknowledged: ${verdict.examples.join('; ')}`];
}

export function isReached({ value, bound }: Finding): boolean {
  if (!bound) return true;
  return 'most' in bound ? value <= bound.most : value >= bound.least;
}
