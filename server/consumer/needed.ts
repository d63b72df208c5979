/** What consumers still need of the log, so that retention leaves it. Pure. Times are ms since 1970. */
import type { GroupProgress } from './port.ts';

/**
 * The first position of each partition that some group still needs. A group that has committed nothing for `forgetAfterMs` no longer
 * counts: one that is dead would pin the log for ever. Of a living group also a partition that it has never committed counts, from its
 * beginning.
 */
export function neededFrom(
  groups: readonly { progress: readonly GroupProgress[] }[],
  partitions: number,
  forgetAfterMs: number,
  now: number,
): number[] {
  const needed = new Array<number>(partitions).fill(Infinity);
  for (const { progress } of groups) {
    const newest = progress.reduce((latest, { at }) => Math.max(latest, at), 0);
    if (newest <= now - forgetAfterMs) continue;
    const positions = new Map(progress.map(({ partition, position }) => [partition, position]));
    for (let partition = 0; partition < partitions; partition++) {
      needed[partition] = Math.min(needed[partition]!, (positions.get(partition) ?? 0) + 1);
    }
  }
  return needed;
}
