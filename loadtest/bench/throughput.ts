/** Acknowledged events per second under saturation, and where the time goes: every contender in turn, again and again. */

import type { Contender } from '../contenders/contender.ts';
import { straightforward } from '../contenders/straightforward.ts';
import type { EventPlan } from '../generator/plan.ts';
import { median, spread } from '../harness/statistics.ts';
import { invalid, type Measurement, measure } from './measure.ts';

export const FRAMES = [50, 1] as const;
export type FrameSize = (typeof FRAMES)[number];
/** Unacknowledged events of a connection at the straightforward stack: more only lengthens its queues (it was tried). */
const IN_FLIGHT: Record<FrameSize, number> = { 50: 250, 1: 32 };

export interface ThroughputOptions {
  /** Runs in this order, again and again; `straightforward` must be among them. */
  contenders: readonly Contender[];
  repetitions: number;
  connections: number;
  events: EventPlan;
  warmUpMs: number;
  measureMs: number;
}

export interface Cell {
  contender: string;
  frame: FrameSize;
  eventsPerSecond: { median: number; least: number; most: number };
  /** Against the straightforward stack in the same repetition. */
  ratio: { median: number; least: number; most: number };
  /** Medians over the repetitions, microseconds for one event. */
  cpuMicros: Record<string, number>;
  stageMicros: Record<string, number>;
  eventsPerFrame: number;
  /** Repetitions that do not count, and why. */
  invalid: string[];
}

export interface Throughput {
  cells: Cell[];
  runs: Measurement[];
}

export async function measureThroughput(options: ThroughputOptions, tell: (text: string) => void): Promise<Throughput> {
  const { contenders, repetitions, connections, events, warmUpMs, measureMs } = options;
  const runs: Measurement[] = [];
  const found = new Map<string, Measurement[]>();
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const frame of FRAMES) {
      for (const contender of contenders) {
        const loop = { kind: 'closed', inFlight: IN_FLIGHT[frame] } as const;
        const plan = { connections, eventsPerFrame: frame, events, loop, warmUpMs, measureMs, drainMs: 20_000 };
        const run = await measure(contender, plan);
        runs.push(run);
        const key = cellKey(contender.name, frame);
        found.set(key, [...(found.get(key) ?? []), run]);
        const rate = Math.round(run.eventsPerSecond).toLocaleString('en');
        tell(`${repetition}/${repetitions}  ${frame} a frame  ${contender.title}: ${rate} events/s`);
      }
    }
  }
  const cells = FRAMES.flatMap((frame) => contenders.map(({ name }) => summarise(name, frame, found)));
  return { cells, runs };
}

function cellKey(contender: string, frame: FrameSize): string {
  return `${contender}/${frame}`;
}

function summarise(contender: string, frame: FrameSize, found: ReadonlyMap<string, Measurement[]>): Cell {
  const runs = found.get(cellKey(contender, frame))!;
  const base = found.get(cellKey(straightforward.name, frame))!;
  return {
    contender,
    frame,
    eventsPerSecond: spread(runs.map((run) => run.eventsPerSecond)),
    ratio: spread(runs.map((run, i) => run.eventsPerSecond / base[i]!.eventsPerSecond)),
    cpuMicros: medians(runs.map((run) => run.cpuMicros)),
    stageMicros: medians(runs.map((run) => run.stageMicros)),
    eventsPerFrame: median(runs.map((run) => run.eventsPerFrame)),
    invalid: runs.flatMap(invalid),
  };
}

function medians(records: readonly Record<string, number>[]): Record<string, number> {
  return Object.fromEntries(
    Object.keys(records[0]!).map((key) => [key, median(records.map((record) => record[key] ?? 0))]),
  );
}
