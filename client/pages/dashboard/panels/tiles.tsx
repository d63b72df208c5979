/** The most important figures of this second, in large letters. */
import type { Stats } from '../state/stats.ts';
import { tilesOf } from '../state/tiles.ts';

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
