/** The most important figures of this second, as words. Pure. */
import { bytes, count, milliseconds, NOTHING, percent, perSecond, plural } from '../../shared/format.ts';
import type { Stats } from './stats.ts';

export const PART_NAMES: Record<string, string> = {
  storage: 'storage',
  event_loop: 'event loop',
  pool: 'waiting slabs',
  unsettled: 'unsettled bytes',
  memory: 'memory',
  lag: 'consumer lag',
};

export interface Tile {
  label: string;
  value: string;
  note: string;
  /** Something is wrong: said by a word and a sign, not by colour alone. */
  alarm?: string;
}

export function tilesOf(stats: Stats | null): Tile[] {
  const labels = [
    'Stored',
    'Ack p99',
    'Commit p99',
    'Pressure',
    'Outstanding',
    'Connections',
    'Consumer lag',
    'Completeness gap',
  ];
  if (!stats) return labels.map((label) => ({ label, value: NOTHING, note: '' }));
  const { events, ackMs, commitMs, pressure, credit, connections, processor, ledgerGap } = stats;
  const { publishers, subscribers, opening } = connections;
  const [worst] = Object.entries(pressure.parts).sort(([, a], [, b]) => b - a);
  const repeats = `${count(events.duplicates)} repeated, ${count(events.rejected)} rejected`;
  const tiles: Omit<Tile, 'label'>[] = [
    { value: perSecond(events.stored), note: repeats },
    { value: milliseconds(ackMs.p99), note: `p50 ${milliseconds(ackMs.p50)}` },
    { value: milliseconds(commitMs.p99), note: `p50 ${milliseconds(commitMs.p50)}` },
    {
      value: percent(pressure.level),
      note: worst && worst[1] > 0.01 ? `mostly ${PART_NAMES[worst[0]] ?? worst[0]}` : 'at rest',
      ...(pressure.level >= 0.8 && { alarm: `mostly ${PART_NAMES[worst![0]] ?? worst![0]}` }),
    },
    { value: bytes(credit.outstanding), note: `of ${bytes(credit.budget)}` },
    {
      value: count(publishers + subscribers + opening),
      note: `${count(publishers)} publish, ${count(subscribers)} read`,
    },
    processor
      ? {
          value: count(processor.lag),
          note: processor.lag > 0 ? `oldest ${milliseconds(processor.oldestMs)}` : 'up to date',
        }
      : { value: NOTHING, note: 'no processor here' },
    {
      value: count(ledgerGap),
      note: 'all accounted for',
      ...(ledgerGap !== 0 && { alarm: `${plural(Math.abs(ledgerGap), 'event')} lost count of` }),
    },
  ];
  return tiles.map((tile, i) => ({ label: labels[i]!, ...tile }));
}
