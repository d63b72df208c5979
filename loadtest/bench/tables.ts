/** The result for people. */
import Table from 'cli-table3';
import { embedded, redis } from '../contenders/gapless.ts';
import { handPipelined, straightforward } from '../contenders/straightforward.ts';
import type { Latency } from './latency.ts';
import { LATENCY_CONNECTIONS, OFFERED_PER_SECOND } from './latency.ts';
import type { MemoryResult } from './memory.ts';
import { type Cell, FRAMES, type Throughput } from './throughput.ts';

const TITLES: Record<string, string> = Object.fromEntries(
  [straightforward, handPipelined, embedded, redis].map(({ name, title }) => [name, title]),
);
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

export function throughputTable({ cells }: Throughput): string {
  const names = [...new Set(cells.map((cell) => cell.contender))];
  const rows = names.map((name) => {
    const of = FRAMES.map((frame) => cells.find((cell) => cell.contender === name && cell.frame === frame)!);
    return [TITLES[name]!, ...of.flatMap((cell) => [rate(cell), times(cell)])];
  });
  const head = [
    'acknowledged events/s (median, least - most)',
    ...FRAMES.flatMap((frame) => [`${frame} a frame`, 'ratio']),
  ];
  return table(head, rows);
}

function rate({ eventsPerSecond: { median, least, most } }: Cell): string {
  return `${whole(median)} (${whole(least)} - ${whole(most)})`;
}

function times({ ratio: { median, least, most } }: Cell): string {
  return `${median.toFixed(1)}x (${least.toFixed(1)} - ${most.toFixed(1)})`;
}

/** CPU of every process for one event, and the server's own account of its stages. */
export function timeTable({ cells }: Throughput): string {
  const parts = ['server, main thread', 'server, worker', 'server, other threads', 'redis', 'generator'];
  const stages = [...new Set(cells.flatMap((cell) => Object.keys(cell.stageMicros)))];
  const head = ['CPU microseconds for one event', ...cells.map((cell) => `${cell.contender} ${cell.frame}`)];
  const sum = (cell: Cell) => Object.values(cell.cpuMicros).reduce((total, part) => total + part, 0);
  const row = (name: string, of: (cell: Cell) => number | undefined) => [
    name,
    ...cells.map((cell) => of(cell)?.toFixed(2) ?? ''),
  ];
  return table(head, [
    ...parts.map((part) => row(part, (cell) => cell.cpuMicros[part])),
    row('all together', sum),
    ...stages.map((stage) => row(`  stage ${stage} (wall)`, (cell) => cell.stageMicros[stage])),
  ]);
}

export function latencyTable({ rows, bareXadd }: Latency): string {
  const line = (name: string, { p50, p90, p99, p999, max }: Latency['rows'][number]['latency'], late: string) => [
    name,
    ...[p50, p90, p99, p999, max].map((ms) => ms.toFixed(2)),
    late,
  ];
  const head = [`ms at ${whole(OFFERED_PER_SECOND)} events/s offered over ${whole(LATENCY_CONNECTIONS)} connections`];
  return table(
    [...head, 'p50', 'p90', 'p99', 'p99.9', 'max', 'generator late p50 / p99'],
    [
      ...rows.map(({ contender, latency, lateness }) =>
        line(TITLES[contender]!, latency, `${lateness.p50.toFixed(2)} / ${lateness.p99.toFixed(2)}`),
      ),
      line('bare XADD, offered at the same rate', bareXadd.atRate, ''),
      line('bare XADD, one after another', bareXadd.alone, ''),
    ],
  );
}

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
