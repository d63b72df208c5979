/** One member of a consumer group: owns partitions by lease, and consumes those that it owns. */
import type { EventLog, LogWaker } from '../log/port.ts';
import { Ownership } from './ownership.ts';
import { PartitionConsumer, type PartitionSettings } from './partition-consumer.ts';
import type { GroupStore } from './port.ts';

/**
 * `running`: consumes. `stopping`: finishes the batches under way and hands over. `stopped`: owns nothing.
 */
export type ConsumerState = 'running' | 'stopping' | 'stopped';

export interface ConsumerParts extends Omit<PartitionSettings, 'check' | 'onError' | 'log' | 'groups'> {
  log: Pick<EventLog, 'read' | 'state'> & LogWaker & { readonly partitions: number };
  groups: GroupStore;
  /** Its name within the group, used by nobody else. */
  member: string;
  /** How long a lease outlives its member, ms. */
  leaseMs: number;
  /** Something did not work, and is tried again: of a partition, or of the leases. */
  onError(error: unknown, partition: number | null): void;
  /** Which partitions it owns has changed. */
  onChange(partitions: number[]): void;
}

/** How far a group is in one partition. */
export interface PartitionLag {
  partition: number;
  /** Everything up to here is done. */
  position: number;
  /** The last event stored. */
  last: number;
  /** Events stored and not done. */
  lag: number;
  /** ms since 1970, when the position was committed last; 0 for never. */
  committedAt: number;
  /** This member consumes it. */
  owned: boolean;
}

export class Consumer {
  state: ConsumerState = 'running';
  readonly member: string;
  private readonly parts: ConsumerParts;
  private readonly ownership: Ownership;
  private readonly consumed = new Map<number, PartitionConsumer>();
  /** Those that another has now, while their last batch is under way. */
  private readonly leaving = new Map<number, Promise<void>>();

  constructor(parts: ConsumerParts) {
    this.parts = parts;
    this.member = parts.member;
    const { groups, member, log, leaseMs } = parts;
    this.ownership = new Ownership({
      ...{ groups, member, partitions: log.partitions, ttlMs: leaseMs },
      handlers: {
        acquired: (partition) => this.acquired(partition),
        handOver: (partition) => this.handOver(partition),
        lost: (partition) => this.lost(partition),
        trouble: (error) => parts.onError(error, null),
      },
    });
    this.ownership.start();
  }

  /** Partitions that this member consumes, rising. */
  get partitions(): number[] {
    return [...this.consumed.keys()].sort((a, b) => a - b);
  }

  /** How far the group is in every partition, whoever owns it. Throws LogError or StoreError. */
  async lag(): Promise<PartitionLag[]> {
    const [{ events }, progress] = await Promise.all([this.parts.log.state(), this.parts.groups.progress()]);
    const known = new Map(progress.map((one) => [one.partition, one]));
    return events.map(({ partition, first, last }) => {
      const { position = 0, at = 0 } = known.get(partition) ?? {};
      const behind = Math.min(last - position, last - first + 1);
      return {
        ...{ partition, position, last, committedAt: at, owned: this.consumed.has(partition) },
        lag: Math.max(0, behind),
      };
    });
  }

  /** Finishes the batches under way, hands over, and leaves the group. A second call does nothing. */
  async stop(): Promise<void> {
    if (this.state !== 'running') return;
    this.state = 'stopping';
    await this.ownership.stop();
    await Promise.all(this.leaving.values());
    this.state = 'stopped';
  }

  private acquired(partition: number): void {
    const lease = this.ownership.lease(partition);
    if (!lease) return;
    const { onError } = this.parts;
    const consumer = new PartitionConsumer(lease, {
      ...this.parts,
      onError: (error) => onError(error, partition),
      check: () => this.ownership.check(partition),
    });
    this.consumed.set(partition, consumer);
    const before = this.leaving.get(partition) ?? Promise.resolve();
    void before.then(() => consumer.start());
    this.parts.onChange(this.partitions);
  }

  private async handOver(partition: number): Promise<void> {
    await this.consumed.get(partition)?.finish();
    this.gone(partition);
  }

  private lost(partition: number): void {
    const consumer = this.consumed.get(partition);
    if (!consumer) return;
    consumer.drop();
    const over = consumer.finish().finally(() => {
      if (this.leaving.get(partition) === over) this.leaving.delete(partition);
    });
    this.leaving.set(partition, over);
    this.gone(partition);
  }

  private gone(partition: number): void {
    if (this.consumed.delete(partition)) this.parts.onChange(this.partitions);
  }
}
