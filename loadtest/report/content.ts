/** What a report says in words and tables, for the terminal and for the page alike. */
import type { Percentiles } from '../generator/plan.ts';
import { figure, ofFinding } from './figures.ts';
import { type Finding, isReached, type RunRecord, whyNotCounted } from './record.ts';

export interface Grid {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/** Columns of words, not of figures. */
export const WORDS: readonly string[] = ['judged', 'note', 'reports', 'contender', 'commit'];

/** Above this others were at work when the run began. */
const CALM_LOAD = 0.5;
const NAMES = { p50: 'p50', p90: 'p90', p99: 'p99', p999: 'p99.9', max: 'max' } as const;

/** One line for each phase; columns that no phase fills are left out. */
export function phaseGrid({ phases }: RunRecord): Grid {
  const percentiles = Object.entries(NAMES) as [keyof typeof NAMES, string][];
  const columns: (readonly [string, (phase: RunRecord['phases'][number]) => string])[] = [
    ['from s', ({ from }) => figure(from)],
    ['for s', ({ seconds }) => figure(seconds)],
    ['offered/s', ({ offeredPerSecond }) => figure(offeredPerSecond)],
    ['answered/s', ({ perSecond }) => figure(perSecond)],
    ...percentiles.map(
      ([key, name]) => [`${name} ms`, ({ latency }: { latency?: Percentiles }) => figure(latency?.[key])] as const,
    ),
    ['late p99 ms', ({ lateness }) => figure(lateness?.p99)],
    ['generator cores', ({ generatorCores }) => figure(generatorCores)],
  ];
  const filled = columns.filter(([, read]) => phases.some((phase) => read(phase) !== '-'));
  return {
    head: ['phase', ...filled.map(([name]) => name)],
    rows: phases.map((phase, i) => [`${i + 1} ${phase.name}`, ...filled.map(([, read]) => read(phase))]),
  };
}

/** What its heads mean. */
export function phaseNote({ unit = 'events' }: RunRecord): string {
  return `Rates are ${unit} a second. Latency is from the intended send time to the answer; late is how late the generator sent, cores how much of one core its busiest process used.`;
}

/** CPU microseconds for one event: a line for each part of the system, a column for each phase that knows. */
export function cpuGrid({ phases }: RunRecord): Grid {
  const knowing = phases.filter(({ cpuMicros }) => cpuMicros !== undefined);
  const parts = [...new Set(knowing.flatMap(({ cpuMicros }) => Object.keys(cpuMicros!)))];
  const sum = (micros: Readonly<Record<string, number>>) => Object.values(micros).reduce((all, one) => all + one, 0);
  const rows = parts.map((part) => [part, ...knowing.map(({ cpuMicros }) => figure(cpuMicros![part]))]);
  const all = ['all together', ...knowing.map(({ cpuMicros }) => figure(sum(cpuMicros!)))];
  return {
    head: ['CPU microseconds for one event', ...knowing.map(({ name }) => name)],
    rows: rows.length > 0 ? [...rows, all] : [],
  };
}

export function findingGrid({ findings }: RunRecord): Grid {
  return {
    head: ['finding', 'found', 'bound', 'judged', 'note'],
    rows: findings.map((finding) => [
      finding.name,
      ofFinding(finding.value, finding.unit),
      boundInWords(finding),
      finding.bound ? (isReached(finding) ? 'reached' : 'NOT reached') : '',
      finding.note ?? '',
    ]),
  };
}

function boundInWords({ bound, unit }: Finding): string {
  if (!bound) return '';
  return 'most' in bound ? `at most ${ofFinding(bound.most, unit)}` : `at least ${ofFinding(bound.least, unit)}`;
}

/** What the log was found to hold. */
export function verdictInWords({ verdict }: RunRecord): string {
  if (!verdict) return 'not verified: this run leaves no log of events to compare with';
  const { stored, acknowledged, missing, repeated, outOfOrder, foreign, damaged, trimmed = 0 } = verdict;
  const wrong = Object.entries({ missing, repeated, 'out of order': outOfOrder, foreign, damaged })
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${figure(count)} ${name}`);
  const gone = trimmed > 0 ? `, ${trimmed.toLocaleString('en-US')} let go by retention` : '';
  const counts = `${acknowledged.toLocaleString('en-US')} acknowledged, ${stored.toLocaleString('en-US')} in the log${gone}`;
  return verdict.ok
    ? `${counts}: each acknowledged event once, in order`
    : `NOT as acknowledged: ${counts}; ${[...wrong, ...verdict.examples].join('; ') || 'no reason given'}`;
}

/** Where the run was made, and what disturbed it. */
export function machineInWords({ machine, contender }: RunRecord): string[] {
  const { cpu, cores, memoryGiB, node, redis, commit, time, load } = machine;
  const others = `The load average was ${load.toFixed(2)} when it began: others were at work, and took their share.`;
  return [
    `${contender}; commit ${commit || 'unknown'}, ${time}`,
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, Redis ${redis}; load, server and storage share them`,
    ...(load > CALM_LOAD ? [others] : []),
  ];
}

/** The run in one word or two, and whether that is good. */
export function standing(record: RunRecord): { good: boolean; text: string } {
  if (whyNotCounted(record).length > 0) return { good: false, text: 'does not count' };
  const missed = record.findings.filter((finding) => !isReached(finding)).length;
  const bounds = record.findings.filter(({ bound }) => bound !== undefined).length;
  if (missed > 0) return { good: false, text: `${missed} of ${bounds} bounds not reached` };
  if (record.faults.length > 0) return { good: false, text: 'counts, with faults' };
  return { good: true, text: bounds > 0 ? 'counts, all bounds reached' : 'counts' };
}

export function settingGrid({ options, env }: RunRecord): Grid {
  const written = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '-'));
  return {
    head: ['setting', 'value'],
    rows: Object.entries({ ...options, ...env }).map(([name, value]) => [name, written(value)]),
  };
}
