/**
 * How far the owned partitions have come: told as figures, and committed once a second as the group's position, for retention and for
 * people. A partition is done up to where every scope has it in storage: its users, and all shards, wherever they are owned.
 */
import type { GroupStore, Lease } from '../consumer/port.ts';
import type { FeatureStore } from '../features/port.ts';
import type { ProcessorFigures } from '../feeds/figures.ts';
import type { EventLog, LogState } from '../log/port.ts';

export interface ProgressParts {
  log: Pick<EventLog, 'read'>;
  features: Pick<FeatureStore, 'applied'>;
  groups: GroupStore;
  partitions: number;
  /** The lease of a partition; null where it is not owned. */
  lease(partition: number): Lease | null;
}

export type PartitionFigures = ProcessorFigures['partitions'][number];

export class Progress {
  private readonly parts: ProgressParts;
  /** Positions of the group as last seen; null: to be asked for. */
  private committed: Map<number, number> | null = null;

  constructor(parts: ProgressParts) {
    this.parts = parts;
  }

  /** `state` is the log's. Throws what storage throws. */
  async measure(owned: readonly number[], state: LogState): Promise<PartitionFigures[]> {
    if (owned.length === 0) return [];
    const done = await this.done(owned);
    return Promise.all(
      owned.map(async (partition, i) => {
        const last = state.events[partition]?.last ?? 0;
        const applied = Math.min(done[i]!, last);
        const lag = last - applied;
        return { partition, applied, last, lag, oldestMs: lag > 0 ? await this.age(partition, applied) : 0 };
      }),
    );
  }

  private async done(owned: readonly number[]): Promise<number[]> {
    const { features, partitions } = this.parts;
    const [users, shards] = await Promise.all([
      Promise.all(owned.map((number) => features.applied({ kind: 'users', number }, 1))),
      Promise.all(
        Array.from({ length: partitions }, (_, number) => features.applied({ kind: 'shard', number }, partitions)),
      ),
    ]);
    return owned.map((partition, i) => Math.min(users[i]![0]!, ...shards.map((applied) => applied[partition]!)));
  }

  /** Since when the first event after a position has been in the log, ms. */
  private async age(partition: number, applied: number): Promise<number> {
    const [entry] = await this.parts.log.read('events', partition, applied + 1, 1);
    return entry?.status === 'intact' ? Math.max(0, Date.now() - entry.created) : 0;
  }

  /** Moves the group's positions to what was measured. */
  async commit(figures: readonly PartitionFigures[]): Promise<void> {
    const { groups } = this.parts;
    this.committed ??= new Map((await groups.progress()).map(({ partition, position }) => [partition, position]));
    const { committed } = this;
    const moved = await Promise.all(
      figures.map(async ({ partition, applied }) => {
        const lease = this.parts.lease(partition);
        const before = committed.get(partition) ?? 0;
        if (!lease || applied < before) return true;
        if (!(await groups.commit(lease, before, applied))) return false;
        committed.set(partition, applied);
        return true;
      }),
    );
    if (moved.includes(false)) this.committed = null;
  }
}
