/** Which records of which scope an event changes. Pure; done once for a stretch of the log, for all scopes that take from it. */
import type { Stretch } from '../consumer/read.ts';
import { shardScope } from '../features/groups.ts';
import { checkKey } from '../features/limits.ts';
import type { RecordKey, Scope } from '../features/port.ts';
import type { ConsumedEvent, Projection } from './projection.ts';

/** One projection's part in a scope of what an event changes; at least one key. */
export interface Fold {
  projection: Projection;
  keys: RecordKey[];
}

/** An event that concerns a scope. */
export interface RoutedEvent {
  consumed: ConsumedEvent;
  folds: Fold[];
  /** What a projection threw, where it could not tell the keys: then the event cannot be folded by anyone. */
  failure: { error: unknown } | null;
}

export interface RoutedStretch extends Stretch {
  users: RoutedEvent[];
  /** By the shard's number. */
  shards: RoutedEvent[][];
}

export function eventsOf(stretch: RoutedStretch, scope: Scope): readonly RoutedEvent[] {
  return scope.kind === 'users' ? stretch.users : stretch.shards[scope.number]!;
}

export function route(stretch: Stretch, projections: readonly Projection[], partitions: number): RoutedStretch {
  const users: RoutedEvent[] = [];
  const shards: RoutedEvent[][] = Array.from({ length: partitions }, () => []);
  for (const consumed of stretch.events) {
    try {
      const [user, byShard] = foldsOf(consumed, projections, partitions);
      if (user.length > 0) users.push({ consumed, folds: user, failure: null });
      for (const [shard, folds] of byShard) shards[shard]!.push({ consumed, folds, failure: null });
    } catch (error) {
      for (const events of [users, ...shards]) events.push({ consumed, folds: [], failure: { error } });
    }
  }
  return { users, shards, ...stretch };
}

function foldsOf(
  consumed: ConsumedEvent,
  projections: readonly Projection[],
  partitions: number,
): [user: Fold[], byShard: Map<number, Fold[]>] {
  const user: Fold[] = [];
  const byShard = new Map<number, Fold[]>();
  for (const projection of projections) {
    const keys = projection.keys(consumed);
    for (const key of keys) checkKey(key);
    if (projection.kind === 'users') {
      if (keys.length > 0) user.push({ projection, keys: [...keys] });
      continue;
    }
    for (const key of keys) {
      const { number } = shardScope(key.group, partitions);
      const folds = byShard.get(number) ?? [];
      const last = folds.at(-1);
      if (last?.projection === projection) last.keys.push(key);
      else folds.push({ projection, keys: [key] });
      byShard.set(number, folds);
    }
  }
  return [user, byShard];
}
