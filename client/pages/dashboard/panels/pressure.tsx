/** What the pressure is made of, and how much of the budget is in use: parts of a whole as bars. */
import { bytes, percent } from '../../shared/format.ts';
import type { Stats } from '../state/stats.ts';
import { PART_NAMES } from '../state/tiles.ts';

export function Bar({ name, part, text }: { name: string; part: number; text: string }) {
  const width = `${Math.min(100, Math.max(0, part * 100)).toFixed(1)}%`;
  return (
    <li>
      <span>{name}</span>
      <span class="bar" aria-hidden="true">
        <span style={{ width }} class={part >= 0.8 ? 'high' : ''} />
      </span>
      <b>{text}</b>
    </li>
  );
}

export function PressureParts({ stats }: { stats: Stats | null }) {
  return (
    <ul class="bars" aria-label="Parts of the pressure">
      {Object.entries(PART_NAMES).map(([part, name]) => {
        const value = stats ? (stats.pressure.parts[part] ?? 0) : Number.NaN;
        return <Bar key={part} name={name} part={value || 0} text={percent(value)} />;
      })}
    </ul>
  );
}

export function CreditUse({ stats }: { stats: Stats | null }) {
  const { granted, outstanding, budget } = stats?.credit ?? { granted: Number.NaN, outstanding: Number.NaN, budget: 1 };
  return (
    <ul class="bars" aria-label="Use of the budget">
      <Bar name="granted" part={granted / budget || 0} text={bytes(granted)} />
      <Bar name="outstanding" part={outstanding / budget || 0} text={bytes(outstanding)} />
      <Bar
        name="together"
        part={(granted + outstanding) / budget || 0}
        text={percent((granted + outstanding) / budget)}
      />
    </ul>
  );
}
