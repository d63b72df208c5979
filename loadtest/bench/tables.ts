/** The result for people. */
import Table from 'cli-table3';
import { median, spread } from '../harness/statistics.ts';
import type { Repetition } from './figures.ts';
import type { Measurement } from './measure.ts';
import type { MemoryResult } from './memory.ts';
import type { Row, RowResult } from './rows.ts';

const MIB = 1024 * 1024;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const out = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const)],
  });
  out.push(...rows.map((row) => [...row]));
  return out.toString();
}

/** What is to be reached, and whether it was. */
export function rowsTable(rows: readonly RowResult[]): string {
  return table(
    ['', 'target', 'median', 'least - most', 'runs', ''],
    rows.map(({ row, values, median, least, most, reached }) => [
      row.what,
      target(row),
      withUnit(median, row.unit),
      values.length > 1 ? `${withUnit(least, row.unit)} - ${withUnit(most, row.unit)}` : '',
      String(values.length),
      reached === null ? '' : reached ? 'reached' : 'NOT reached',
    ]),
  );
}

function target({ bound, unit }: Row): string {
  if (!bound) return '';
  return 'least' in bound
    ? `${bound.least}${unit === 'x' ? 'x' : ` ${unit}`}`
    : `at most ${bound.most}${unit === 'x' ? 'x' : ` ${unit}`}`;
}

function withUnit(value: number, unit: Row['unit']): string {
  if (unit === 'x') return `${value < 10 ? value.toFixed(2) : value.toFixed(1)}x`;
  return unit === 'ms' ? `${value.toFixed(1)} ms` : `${whole(value)} ${unit}`;
}

/** Everything that was measured, by its name. */
export function figuresTable(repetitions: readonly Repetition[]): string {
  const names = [...new Set(repetitions.flatMap(({ figures }) => Object.keys(figures)))].sort();
  const rows = names.map((name) => {
    const found = spread(repetitions.flatMap(({ figures }) => figures[name] ?? []));
    return [name, ...[found.median, found.least, found.most].map(figure)];
  });
  return table(['events/s, ms, or events behind', 'median', 'least', 'most'], rows);
}

function figure(value: number): string {
  return value < 1_000 ? value.toFixed(2) : whole(value);
}

/** CPU of every process for one event, and the server's own account of its stages; medians. */
export function timeTable(measurements: ReadonlyMap<string, readonly Measurement[]>): string {
  const rows = [...measurements].map(([title, runs]) => {
    const of = (part: string) => median(runs.map((run) => run.cpuMicros[part] ?? 0));
    const parts = [...new Set(runs.flatMap((run) => Object.keys(run.cpuMicros)))];
    const stages = [...new Set(runs.flatMap((run) => Object.keys(run.stageMicros)))];
    const stage = (name: string) => median(runs.map((run) => run.stageMicros[name] ?? 0));
    return [
      title,
      ...PROCESSES.map((part) => (parts.includes(part) ? of(part).toFixed(2) : '')),
      parts.reduce((sum, part) => sum + of(part), 0).toFixed(2),
      stages.map((name) => `${name} ${stage(name).toFixed(2)}`).join(' '),
    ];
  });
  return table(
    ['CPU microseconds for one event', 'main', 'worker', 'others', 'Redis', 'generator', 'all', 'stages (wall)'],
    rows,
  );
}

const PROCESSES = ['server, main thread', 'server, workers', 'server, other threads', 'redis', 'generator'];

export function memoryTable(results: readonly MemoryResult[]): string {
  return table(
    [
      'storage stopped under full load',
      'budget',
      'unsettled',
      'memory idle',
      'filled',
      'per byte of budget',
      'per byte unsettled',
    ],
    results.map((one) => [
      `${one.eventsPerFrame} a frame`,
      ...[one.budgetBytes, one.unsettledBytes, one.idleBytes, one.filledBytes].map(
        (bytes) => `${(bytes / MIB).toFixed(0)} MiB`,
      ),
      one.perBudgetByte.toFixed(2),
      one.perUnsettledByte.toFixed(2),
    ]),
  );
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
