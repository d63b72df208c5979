/** From values to places in a chart, with the ticks that are worth drawing. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { type Scaling, scalingFor, type Unit } from './figures.ts';

export interface Axis {
  /** Where a value is drawn; outside of the axis it stays at its end. */
  at(value: number): number;
  ticks: { at: number; text: string }[];
  scaling: Scaling;
  isLog: boolean;
}

/** From so many decades between the smallest and the largest value on, equal distances are equal ratios. */
const LOG_FROM_DECADES = 1.3;
/** Values that no run has; they would only break the arithmetic. */
const LEAST = 1e-6;
const MOST = 1e15;
const PIXELS_PER_TICK = 45;
const LEAST_PIXELS_PER_TICK = 22;
const SHORTENED_FROM = 10_000;

export interface AxisOptions {
  unit: Unit;
  /** Both in pixels: where the smallest value stands, and the largest. */
  range: readonly [number, number];
  /** The end is never lower than this. */
  atLeast?: number;
  /** Logarithmic where the values span decades. */
  mayBeLog?: boolean;
}

export function valueAxis(values: readonly number[], options: AxisOptions): Axis {
  const positive = values.filter((value) => value > 0);
  const least = bounded(Math.min(...positive, MOST));
  const most = bounded(Math.max(...positive, options.atLeast ?? 0, 0));
  const isLog = options.mayBeLog === true && positive.length > 0 && Math.log10(most / least) >= LOG_FROM_DECADES;
  const scaling = scalingFor(options.unit, isLog ? least : most);
  return isLog ? logAxis(least, most, scaling, options) : linearAxis(positive.length > 0 ? most : 0, scaling, options);
}

function bounded(value: number): number {
  return Math.min(MOST, Math.max(LEAST, value));
}

function linearAxis(most: number, scaling: Scaling, { range, atLeast }: AxisOptions): Axis {
  const wished = Math.max(2, Math.round(Math.abs(range[1] - range[0]) / PIXELS_PER_TICK));
  const end = Math.max(most, atLeast ?? 0) / scaling.factor;
  const scale = scaleLinear([0, end > 0 ? end : 1], range)
    .nice(wished)
    .clamp(true);
  const ticks = scale.ticks(wished).map((value) => ({ at: scale(value), text: figureOnAxis(value) }));
  return { at: (value) => scale(value / scaling.factor), ticks, scaling, isLog: false };
}

function logAxis(least: number, most: number, scaling: Scaling, { range }: AxisOptions): Axis {
  const scale = scaleLog([step(least / scaling.factor, 'down'), step(most / scaling.factor, 'up')], range).clamp(true);
  const [from, to] = scale.domain() as [number, number];
  const decades = Math.log10(to / from);
  const room = Math.abs(range[1] - range[0]) / LEAST_PIXELS_PER_TICK;
  const digits = decades * 3 <= room ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / room));
  const ticks: Axis['ticks'] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    for (const digit of digits) {
      const value = Number(`${digit}e${power}`);
      const isInside = value >= from * 0.999 && value <= to * 1.001;
      if (isInside && power % every === 0) ticks.push({ at: scale(value), text: figureOnAxis(value) });
    }
  }
  return { at: (value) => scale(bounded(value / scaling.factor)), ticks, scaling, isLog: true };
}

/** The next of 1, 2 and 5 times a power of ten. */
function step(value: number, direction: 'down' | 'up'): number {
  const power = Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((digit) => Number(`${digit}e${power}`));
  return direction === 'down' ? steps.findLast((at) => at <= value * 1.001)! : steps.find((at) => at >= value * 0.999)!;
}

/** Short, for there is little room beside an axis: `5,000`, `50K`, `0.002`. `digits` at most where it is shortened. */
function figureOnAxis(value: number, digits = 6): string {
  const shortened = Math.abs(value) >= SHORTENED_FROM;
  const notation = shortened ? 'compact' : 'standard';
  return value.toLocaleString('en-US', { notation, maximumSignificantDigits: shortened ? digits : 6 });
}

/** Room for the largest size that anybody measures: `1,280,000`, as 1.28M. */
const PIXELS_PER_SIZE = 38;

/** Sizes above 0, rising, that grow by factors: equal distances are equal ratios, and each size has its tick where there is room. */
export function sizeAxis(sizes: readonly number[], range: readonly [number, number]): Axis {
  const scale = scaleLog([bounded(Math.min(...sizes)), bounded(Math.max(...sizes))], range).clamp(true);
  const at = (size: number) => scale(bounded(size));
  const ticks: Axis['ticks'] = [];
  for (const size of sizes) {
    const last = ticks.at(-1);
    if (!last || at(size) - last.at >= PIXELS_PER_SIZE) ticks.push({ at: at(size), text: figureOnAxis(size, 3) });
  }
  return { at, ticks, scaling: { factor: 1, name: '' }, isLog: true };
}

const MINUTES_FROM_S = 300;

/** Seconds since the load began, in minutes where the run was long. */
export function timeAxis(seconds: number, range: readonly [number, number]): Axis {
  const isLong = seconds >= MINUTES_FROM_S;
  const scaling = { factor: isLong ? 60 : 1, name: isLong ? 'min' : 's' };
  const scale = scaleLinear([0, Math.max(1, seconds) / scaling.factor], range).clamp(true);
  const wished = Math.max(2, Math.floor(Math.abs(range[1] - range[0]) / 70));
  const ticks = scale.ticks(wished).map((value) => ({ at: scale(value), text: figureOnAxis(value) }));
  return { at: (value) => scale(value / scaling.factor), ticks, scaling, isLog: false };
}
