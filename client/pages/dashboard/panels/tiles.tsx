/** The most important figures of this second, in large letters. */
import { age, bytes, count, milliseconds, NOTHING, percent, perSecond, plural } from '../../shared/format.ts';
import type { Stats } from '../state/stats.ts';
import { PART_NAMES } from './pressure.tsx';

interface Tile {
  label: string;
  value: string;
  note: string;
  /** Something is wrong: said by a word and a sign, not by colour alone. */
  alarm?: string;
}

export function Tiles({ stats }: { stats: Stats | null }) {
  return (
    <ul class="tiles" aria-label="This second">
      {tilesOf(stats).map(({ label, value, note, alarm }) => (
        <li key={label} class={alarm ? 'panel tile alarm' : 'panel tile'}>
          <span class="label">{label}</span>
          <span class="value">{value}</span>
          <span class="note">{alarm ? `▲ ${alarm}` : note}</span>
        </li>
      ))}
    </ul>
  );
}

export function tilesOf(stats: Stats | null): Tile[] {
  const labels = ['Stored', 'Ack p99', 'Commit p99', 'Pressure', 'Outstanding', 'Connections', 'Consumer lag', 'Gap'];
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
      ? { value: count(processor.lag), note: processor.lag > 0 ? `oldest ${age(processor.oldestMs)}` : 'up to date' }
      : { value: NOTHING, note: 'no processor here' },
    {
      value: count(ledgerGap),
      note: 'every event accounted for',
      ...(ledgerGap !== 0 && { alarm: `${plural(Math.abs(ledgerGap), 'event')} lost count of` }),
    },
  ];
  return tiles.map((tile, i) => ({ label: labels[i]!, ...tile }));
}
