/** What the pressure is made of, and how much of the budget is in use: parts of a whole as bars. */
import { Bar } from '../../shared/bar.tsx';
import { bytes, percent } from '../../shared/format.ts';
import type { Stats } from '../state/stats.ts';
import { PART_NAMES } from '../state/tiles.ts';

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
