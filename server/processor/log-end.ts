/**
 * Finds scopes that are folded beyond the end of the log, as after storage lost events that it had acknowledged. They go on from the end
 * as it is now: otherwise the next events, which get the lost ones' positions, would count as folded.
 */
import type { EventLog } from '../log/port.ts';
import type { FoldedScope } from './scope.ts';

interface Beyond {
  scope: FoldedScope;
  partition: number;
  position: number;
  last: number;
}

export async function followEnd(
  log: Pick<EventLog, 'state'>,
  scopes: readonly FoldedScope[],
  onLoss: (beyond: Beyond) => void,
): Promise<void> {
  // Perhaps only memory is ahead.
  const suspects = new Set((await findBeyond(log, scopes)).map(({ scope }) => scope));
  if (suspects.size === 0) return;
  await Promise.all([...suspects].map((scope) => scope.load()));
  for (const beyond of await findBeyond(log, [...suspects])) {
    onLoss(beyond);
    await beyond.scope.endsAt(beyond.partition, beyond.last);
  }
}

/** Positions are taken before the log is asked: it only grows meanwhile. */
async function findBeyond(log: Pick<EventLog, 'state'>, scopes: readonly FoldedScope[]): Promise<Beyond[]> {
  const positions = scopes.flatMap((scope) =>
    scope.state === 'folding'
      ? scope.partitions.map((p) => ({ scope, partition: p, position: scope.position(p) }))
      : [],
  );
  const { events } = await log.state();
  return positions
    .map((one) => ({ ...one, last: events[one.partition]?.last ?? Infinity }))
    .filter(({ position, last }) => position > last);
}
