/** What stands against comparing runs, and what a reader must know beside the figures. */
import type { RunRecord } from '../report/record.ts';
import type { Group, Run } from './group.ts';

/** Where two runs differ, in words that name both values. */
export interface Difference {
  what: string;
  values: [string, string];
  /** Of what kinds: those that make figures incomparable, and those that may be what is compared. */
  kind: 'load' | 'subject';
}

/** Options that say where reports go, or whom the load meets, not what the load is. */
const NOT_LOAD = new Set(['target', 'out', 'html', 'svg', 'repetitions', 'seed', 'json']);

/** Between two runs that should be of the same load. */
export function differences(a: RunRecord, b: RunRecord): Difference[] {
  const { machine: m, options: o } = a;
  const { machine: n, options: p } = b;
  const all: Difference[] = [];
  const look = (kind: Difference['kind'], what: string, one: unknown, other: unknown) => {
    const values: [string, string] = [written(one), written(other)];
    if (values[0] !== values[1]) all.push({ what, values, kind });
  };
  look('load', 'scenario', a.scenario, b.scenario);
  look('load', 'unit', a.unit ?? 'events', b.unit ?? 'events');
  for (const key of ['cpu', 'cores', 'memoryGiB'] as const) look('load', `machine ${key}`, m[key], n[key]);
  for (const key of keys(o, p)) if (!NOT_LOAD.has(key)) look('load', `option ${key}`, o[key], p[key]);
  look('subject', 'contender', a.contender, b.contender);
  for (const key of ['commit', 'node', 'redis'] as const) look('subject', key, m[key], n[key]);
  for (const key of keys(a.env, b.env)) look('subject', key, a.env[key], b.env[key]);
  return all;
}

/** Why the runs of these groups cannot be compared; empty if they can. Repetitions must not differ in anything. */
export function obstacles(groups: readonly Group[]): string[] {
  const [first] = groups as [Group];
  const within = groups.flatMap(({ name, runs: [one, ...others] }) =>
    others.flatMap((run) => differences(one!.record, run.record).map((found) => inWords(found, one!, run, name))),
  );
  const between = groups.slice(1).flatMap(({ runs: [one] }) =>
    differences(first.runs[0]!.record, one!.record)
      .filter(({ kind }) => kind === 'load')
      .map((found) => inWords(found, first.runs[0]!, one!)),
  );
  return [...new Set([...within, ...between])];
}

function inWords({ what, values }: Difference, a: Run, b: Run, group?: string): string {
  const where = group === undefined ? '' : `repetitions of ${group} differ: `;
  return `${where}${what} is ${values[0]} in ${a.file} and ${values[1]} in ${b.file}`;
}

/** What differs between the groups and may be what is compared, against the first. */
export function subjects(groups: readonly Group[]): string[] {
  const [first, ...others] = groups as [Group, ...Group[]];
  return others.flatMap(({ name, runs }) =>
    differences(first.runs[0]!.record, runs[0]!.record)
      .filter(({ kind }) => kind === 'subject')
      .map(({ what, values }) => `${what}: ${values[0]} in ${first.name}, ${values[1]} in ${name}`),
  );
}

function keys(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'not set');
}
