import Table from 'cli-table3';
import { Command } from 'commander';
import type { PartitionState } from '../../server/log/port.ts';
import { grouped, plural, printJson } from '../output.ts';
import { type SettingFlags, withStorageFlags } from '../settings.ts';

interface Flags extends SettingFlags {
  json?: boolean;
}

export function logStatsCommand(): Command {
  return withStorageFlags(new Command('stats').description('Positions and sizes of every partition.'))
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  gapless log stats
  gapless log stats --json | jq .events.stored`,
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const { openLog } = await import('../open-log.ts');
  const { log, where } = await openLog(flags);
  try {
    const { events, deadLetters, producers } = await log.state();
    if (flags.json) {
      printJson({
        where,
        partitions: log.partitions,
        producers,
        events: summary(events),
        deadLetters: summary(deadLetters),
      });
      return;
    }
    console.log(
      `The log in ${where}: ${plural(log.partitions, 'partition')}, ${plural(producers, 'record')} of producers`,
    );
    console.log(asTable(events, deadLetters));
  } finally {
    await log.close();
  }
}

/** Positions are dense, so they count. */
function stored({ first, last }: PartitionState): number {
  return last - first + 1;
}

function summary(states: readonly PartitionState[]): unknown {
  return { ...totals(states), byPartition: states.map((state) => ({ ...state, stored: stored(state) })) };
}

function totals(states: readonly PartitionState[]): { stored: number; ever: number; bytes: number } {
  const total = { stored: 0, ever: 0, bytes: 0 };
  for (const state of states) {
    total.stored += stored(state);
    total.ever += state.last;
    total.bytes += state.bytes;
  }
  return total;
}

function asTable(events: readonly PartitionState[], deadLetters: readonly PartitionState[]): string {
  const head = ['partition', 'events', 'first', 'last', 'bytes', 'dead letters', 'bytes of these'];
  const table = new Table({
    head,
    colAligns: head.map(() => 'right' as const),
    style: { head: [], border: [], compact: true },
  });
  for (const [index, state] of events.entries()) {
    const dead = deadLetters[index]!;
    const numbers = [stored(state), state.first, state.last, state.bytes, stored(dead), dead.bytes];
    table.push([String(state.partition), ...numbers.map(grouped)]);
  }
  const total = totals(events);
  const dead = totals(deadLetters);
  table.push(['all', grouped(total.stored), '', '', grouped(total.bytes), grouped(dead.stored), grouped(dead.bytes)]);
  return table.toString();
}
