/** Figures as people read them: a unit that fits, three significant digits. */

export type Unit = 'ms' | 'bytes' | 'count' | 'plain';

/** A power of a unit, and what it is called on an axis: `MiB`, `million`. */
export interface Scaling {
  factor: number;
  name: string;
}

const STEPS: Record<Unit, readonly (readonly [factor: number, name: string])[]> = {
  ms: [[1, 'ms']],
  bytes: [
    [1, 'B'],
    [1024, 'KiB'],
    [1024 ** 2, 'MiB'],
    [1024 ** 3, 'GiB'],
    [1024 ** 4, 'TiB'],
  ],
  count: [
    [1, ''],
    [1e6, 'million'],
    [1e9, 'billion'],
  ],
  plain: [[1, '']],
};

/** The largest step in which `most` is 1 or more. */
export function scalingFor(unit: Unit, most: number): Scaling {
  const steps = STEPS[unit];
  const [factor, name] = steps.findLast(([least]) => most >= least) ?? steps[0]!;
  return { factor, name };
}

/** `0.0314`, `12.3`, `1,235`, `2.1e+20`; `-` where there is none. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) return value.toExponential(1);
  return value.toLocaleString('en-US', size >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 });
}

/** With its unit where it has one: `3.2 ms`, `64 MiB`. */
export function withUnit(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-';
  const { factor, name } = scalingFor(unit, Math.abs(value));
  return [figure(value / factor), name].filter((part) => part !== '').join(' ');
}

/** Of findings, whose units are words: bytes are scaled, the rest is as it is. */
export function ofFinding(value: number, unit: string): string {
  if (unit === 'bytes' || unit === 'B') return withUnit(value, 'bytes');
  return [figure(value), unit].filter((part) => part !== '').join(' ');
}
