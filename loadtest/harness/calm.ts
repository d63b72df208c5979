/** When something that is timed again and again is well again. Pure. */

export interface Timed {
  /** When it was due, rising, and how long it took; undefined while it is not over. ms of one clock. */
  due: readonly number[];
  took: readonly (number | undefined)[];
}

/** So much of a calm time may be slow all the same. */
const SLOW_SHARE = 0.04;

/** When the first stretch of `calmMs` began, at `from` or later, in which nearly everything took at most `mostMs`; null while there is none. */
export function calmSince(
  { due, took }: Timed,
  from: number,
  mostMs: number,
  calmMs: number,
  now: number,
): number | null {
  const isSlow = (i: number) => Number((took[i] ?? now - due[i]!) > mostMs);
  let start = due.findIndex((at) => at >= from);
  if (start < 0) return null;
  let slow = 0;
  for (let end = start; start < due.length && due[start]! + calmMs <= now; start++) {
    for (; end < due.length && due[end]! < due[start]! + calmMs; end++) slow += isSlow(end);
    if (!isSlow(start) && slow <= (end - start) * SLOW_SHARE) return due[start]!;
    slow -= isSlow(start);
  }
  return null;
}
