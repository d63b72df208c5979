/** What one run gives to a comparison: named figures. */
import type { Percentiles } from '../generator/plan.ts';
import type { Finding, Phase, RunRecord, Sample } from '../report/record.ts';

export interface Measure {
  /** Runs are compared by phase and name. */
  phase: string;
  name: string;
  unit: string;
  better: 'more' | 'less' | 'neither';
  value: number;
}

const PERCENTILES = { p50: 'p50', p90: 'p90', p99: 'p99', p999: 'p99.9', max: 'max' } as const;

export function measuresOf(record: RunRecord): Measure[] {
  const inPhases = record.phases.flatMap((phase) => ofPhase(record, phase));
  const found = record.findings.map((finding) => ofFinding(finding));
  return [...inPhases, ...found].filter(({ value }) => Number.isFinite(value));
}

function ofPhase({ series, unit = 'events' }: RunRecord, phase: Phase): Measure[] {
  const { name, from, seconds, perSecond, latency, cpuMicros, generatorCores } = phase;
  const within = series.filter(({ at }) => at > from && at <= from + seconds);
  const all: Measure[] = [];
  const add = (what: string, ofUnit: string, better: Measure['better'], value: number | undefined) => {
    if (value !== undefined) all.push({ phase: name, name: what, unit: ofUnit, better, value });
  };
  add('throughput', `${unit}/s`, 'more', perSecond);
  for (const [key, label] of Object.entries(PERCENTILES)) {
    add(`latency ${label}`, 'ms', 'less', latency?.[key as keyof Percentiles]);
  }
  for (const [part, micros] of Object.entries(cpuMicros ?? {})) add(`CPU, ${part}`, 'us an event', 'less', micros);
  if (cpuMicros) add('CPU, all together', 'us an event', 'less', total(Object.values(cpuMicros)));
  add(
    'memory, most',
    'bytes',
    'less',
    most(within, ({ residentBytes }) => residentBytes),
  );
  add(
    'server cores, mean',
    'cores',
    'neither',
    mean(within, ({ cores }) => cores),
  );
  add('generator cores', 'cores', 'neither', generatorCores);
  return all;
}

function ofFinding({ name, value, unit, bound }: Finding): Measure {
  const better = !bound ? 'neither' : 'most' in bound ? 'less' : 'more';
  return { phase: 'findings', name, unit, better, value };
}

type Read = (sample: Sample) => number | null | undefined;

function known(samples: readonly Sample[], read: Read): number[] {
  return samples.map(read).filter((value) => typeof value === 'number');
}

function most(samples: readonly Sample[], read: Read): number | undefined {
  const values = known(samples, read);
  return values.length > 0 ? Math.max(...values) : undefined;
}

function mean(samples: readonly Sample[], read: Read): number | undefined {
  const values = known(samples, read);
  return values.length > 0 ? total(values) / values.length : undefined;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
