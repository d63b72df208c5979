/** When requests are due, in ms after the start; null where a request is due as soon as the last one of its connection is answered. */
import type { Pace } from './plan.ts';

/** The connections take turns: request n of connection i is number n * connections + i of all. `totalMs` is how long a ramp rises. */
export function dueTimes(
  pace: Pace,
  totalMs: number,
  connections: number,
): ((connection: number, n: number) => number) | null {
  if (pace.kind === 'closed') return null;
  const at = pace.kind === 'steady' ? steady(pace.perSecond) : ramp(pace.from, pace.to, totalMs);
  return (connection, n) => at(n * connections + connection);
}

function steady(perSecond: number): (number: number) => number {
  return (number) => (number * 1_000) / perSecond;
}

/** After t seconds from * t + slope / 2 * t^2 requests were due; solved for t. Beyond its end the ramp goes on rising. */
function ramp(from: number, to: number, totalMs: number): (number: number) => number {
  const slope = ((to - from) * 1_000) / totalMs;
  if (slope === 0) return steady(from);
  return (number) => {
    const inside = from * from + 2 * slope * number;
    return inside < 0 ? Number.POSITIVE_INFINITY : ((Math.sqrt(inside) - from) / slope) * 1_000;
  };
}
