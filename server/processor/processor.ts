/**
 * Folds the partitions that this member of the group `processor` owns, and saves them: each event once, whoever owned them before.
 *
 *   leases (consumer/ownership.ts) -> scopes (scope.ts) <- one reader for each partition of the log (partition-reader.ts)
 *
 * A partition that is owned brings two scopes: its users, folded from this partition alone, and the shard of the same number, folded
 * from all partitions.
 */
import { pack } from '../../format/msgpack.ts';
import { decodeMessage, encodeMessage } from '../bus/message.ts';
import { type AppendedMessage, type FeaturesChangedMessage, type OwnerMessage, TOPICS } from '../bus/messages.ts';
import type { LiveBus } from '../bus/port.ts';
import { Ownership } from '../consumer/ownership.ts';
import type { GroupStore } from '../consumer/port.ts';
import type { EntryDecoder, Stretch } from '../consumer/read.ts';
import { userOfGroup } from '../features/groups.ts';
import type { FeatureStore, Scope } from '../features/port.ts';
import type { FeedTrack, ProcessorFigures } from '../feeds/figures.ts';
import type { EventLog, LogState } from '../log/port.ts';
import type { Logger } from '../ops/logger.ts';
import { patiently } from './commit.ts';
import { followEnd } from './log-end.ts';
import type { OwnedUsers } from './owned.ts';
import { OwnedUsersOfProcess } from './owned-users.ts';
import { PartitionReader } from './partition-reader.ts';
import type { ProcessorOwner } from './port.ts';
import { Progress } from './progress.ts';
import type { ConsumedEvent, Projection } from './projection.ts';
import { Reporter } from './reporter.ts';
import { route } from './route.ts';
import { FoldedScope } from './scope.ts';
import type { ScopeHandlers } from './scope-options.ts';
import { TroubleLog } from './trouble-log.ts';
import { wholeEvent } from './whole-event.ts';

export interface ProcessorOptions {
  log: Pick<EventLog, 'read' | 'state'>;
  features: FeatureStore;
  /** Of the group `processor`. */
  groups: GroupStore;
  bus: LiveBus;
  projections: readonly Projection[];
  /** Reads events with all that the projections read; default: with all fields. */
  decode?: EntryDecoder;
  owner: Pick<ProcessorOwner, 'poison' | 'figures'>;
  /** This process within the group. */
  member: string;
  partitions: number;
  logger: Logger;
  topTracks?(): FeedTrack[];
  indexFigures?(): ProcessorFigures['index'];
  /** Records kept in memory, over all scopes; default 128 MiB. */
  cacheBytes?: number;
  /** How long changes wait for more before they are saved; default 25. */
  saveMs?: number;
  /** How often figures are told; default 1,000. */
  figuresMs?: number;
  /** See `OwnershipOptions`. */
  ttlMs?: number;
  renewMs?: number;
}

export interface Processor {
  readonly owned: OwnedUsers;
  start(): void;
  /** Hands over what it owns, then lets go of everything but the engines, which are the caller's. */
  stop(): Promise<void>;
}

export function createProcessor(options: ProcessorOptions): Processor {
  return new RunningProcessor(options);
}

const POLL_MS = 100;
const SAVE_MS = 25;
const FIGURES_MS = 1_000;
const CACHE_BYTES = 128 * 1024 * 1024;
const NO_INDEX: ProcessorFigures['index'] = { state: 'loading', events: 0, sessions: 0, bytes: 0, lag: 0 };

/** `opening`: asks storage where it stands. `open`: is folded. `closing`: is brought to storage, to be handed over. */
interface OwnedPartition {
  state: 'opening' | 'open' | 'closing';
  users: FoldedScope;
  shard: FoldedScope;
}

class RunningProcessor implements Processor {
  readonly owned: OwnedUsersOfProcess;
  private readonly options: ProcessorOptions;
  private readonly ownership: Ownership;
  private readonly readers: PartitionReader[];
  private readonly partitions = new Map<number, OwnedPartition>();
  private readonly troubles: TroubleLog;
  private readonly ending = new AbortController();
  /** Set from `start` on. */
  private running: { reporter: Reporter; poll: NodeJS.Timeout; unsubscribe: () => void } | null = null;
  private readonly counts = { folded: 0, poisoned: 0, trimmed: 0, damaged: 0 };

  constructor(options: ProcessorOptions) {
    this.options = options;
    const { log, groups, member, partitions, projections, decode, logger, ttlMs, renewMs } = options;
    this.troubles = new TroubleLog(logger);
    this.readers = Array.from(
      { length: partitions },
      (_, partition) =>
        new PartitionReader({
          ...{ log, partition, decode },
          route: (stretch) => route(stretch, projections, partitions),
          missing: (stretch) => this.noteMissing(stretch),
          trouble: this.troubles.note,
        }),
    );
    this.ownership = new Ownership({
      ...{ groups, member, partitions, ttlMs, renewMs },
      handlers: {
        acquired: (partition) => void this.open(partition),
        handOver: (partition) => this.handOver(partition),
        lost: (partition) => this.lose(partition),
        trouble: this.troubles.note,
      },
    });
    const users = (partition: number) => {
      const owned = this.partitions.get(partition);
      return owned?.state === 'open' ? owned.users : undefined;
    };
    this.owned = new OwnedUsersOfProcess({ projections, readers: this.readers, users });
  }

  start(): void {
    const unsubscribe = this.options.bus.subscribe(TOPICS.appended, (bytes) => {
      const partitions = decodeMessage<AppendedMessage>(bytes)?.events;
      if (Array.isArray(partitions)) for (const partition of partitions) this.readers[partition]?.wake();
    });
    const poll = setInterval(() => this.poll(), POLL_MS);
    this.running = { reporter: this.startReporter(), poll, unsubscribe };
    this.ownership.start();
  }

  async stop(): Promise<void> {
    await this.ownership.stop();
    this.ending.abort();
    clearInterval(this.running?.poll);
    this.running?.unsubscribe();
    await this.running?.reporter.close();
    for (const partition of [...this.partitions.keys()]) this.lose(partition);
    await Promise.all(this.readers.map((reader) => reader.close()));
  }

  private poll(): void {
    for (const reader of this.readers) {
      reader.expire();
      reader.wake();
    }
  }

  private async open(partition: number): Promise<void> {
    const users = this.scope({ kind: 'users', number: partition });
    const shard = this.scope({ kind: 'shard', number: partition });
    const own: OwnedPartition = { state: 'opening', users, shard };
    this.partitions.set(partition, own);
    await Promise.all([users.load(), shard.load()]);
    await patiently(() => this.followEnd([users, shard]), this.ending.signal, this.troubles.note);
    if (own.state !== 'opening' || this.partitions.get(partition) !== own) return;
    own.state = 'open';
    this.readers[partition]!.attach(users);
    for (const reader of this.readers) reader.attach(shard);
    this.options.logger.info({ partition, applied: users.position(partition) }, 'took a partition');
    this.owned.tellOwned(partition);
    this.options.bus.publish(TOPICS.owner, encodeMessage({ partition } satisfies OwnerMessage));
  }

  private scope(scope: Scope): FoldedScope {
    const { features: store, partitions, cacheBytes = CACHE_BYTES, saveMs = SAVE_MS } = this.options;
    const handlers = this.handlers(scope);
    return new FoldedScope({
      ...{ scope, partitions, store, handlers, saveMs },
      cacheBytes: cacheBytes / (2 * partitions),
    });
  }

  private handlers({ kind, number }: Scope): ScopeHandlers {
    const isUsers = kind === 'users';
    return {
      ready: () => {
        for (const reader of this.readers) if (!isUsers || reader.partition === number) reader.wake();
      },
      folded: (events, groups) => {
        if (!isUsers) return;
        this.counts.folded += events;
        this.owned.tellFolded(number, groups);
      },
      saved: (changed) => {
        const groups = [...changed].filter((group) => userOfGroup(group) !== null);
        if (!isUsers || groups.length === 0) return;
        const message: FeaturesChangedMessage = { partition: number, groups };
        this.options.bus.publish(TOPICS.features, encodeMessage(message));
      },
      poison: (consumed, error) => this.poison(consumed, error),
      conflict: () => this.ownership.check(number),
      trouble: this.troubles.note,
    };
  }

  private async poison(consumed: ConsumedEvent, error: unknown): Promise<void> {
    const { partition, position } = consumed;
    const event = await wholeEvent(this.options.log, consumed);
    const name = error instanceof Error ? error.name : 'something';
    const message = `could not be folded: ${name} was thrown`;
    const { tenant, user_id: userId } = event;
    await this.options.owner.poison({ partition, position, tenant, userId, message, bytes: pack(event) });
    this.counts.poisoned++;
    this.options.logger.error({ partition, position, err: error }, 'an event could not be folded and is left out');
  }

  private noteMissing({ partition, after, trimmed, damaged }: Stretch): void {
    const { logger } = this.options;
    if (trimmed > 0) logger.error({ partition, after, trimmed }, 'retention let go of events before they were folded');
    for (const { last, reason } of damaged)
      logger.error({ partition, position: last, reason }, 'left out a damaged entry of the log');
    this.counts.trimmed += trimmed;
    this.counts.damaged += damaged.length;
  }

  private async handOver(partition: number): Promise<void> {
    const own = this.partitions.get(partition);
    if (!own) return;
    if (own.state === 'open') this.owned.tellLost(partition);
    own.state = 'closing';
    this.detach(own);
    await Promise.all([own.users.flush(), own.shard.flush()]);
    this.forget(partition, own);
    this.options.logger.info({ partition }, 'handed a partition over');
  }

  private lose(partition: number): void {
    const own = this.partitions.get(partition);
    if (!own) return;
    if (own.state === 'open') this.owned.tellLost(partition);
    this.forget(partition, own);
    this.options.logger.warn({ partition }, 'a partition is owned by another now');
  }

  private detach({ users, shard }: OwnedPartition): void {
    for (const reader of this.readers) {
      reader.detach(users);
      reader.detach(shard);
    }
  }

  private forget(partition: number, own: OwnedPartition): void {
    this.detach(own);
    own.users.close();
    own.shard.close();
    if (this.partitions.get(partition) === own) this.partitions.delete(partition);
  }

  private startReporter(): Reporter {
    const { log, features, groups, partitions, owner, topTracks, indexFigures, figuresMs = FIGURES_MS } = this.options;
    const lease = (partition: number) => this.ownership.lease(partition);
    return new Reporter({
      progress: new Progress({ log, features, groups, partitions, lease }),
      look: () => this.look(),
      owned: () => [...this.partitions.keys()].sort((a, b) => a - b),
      state: () => this.state,
      counts: () => this.counts,
      index: () => indexFigures?.() ?? NO_INDEX,
      report: (figures) => owner.figures(figures, topTracks?.() ?? []),
      trouble: this.troubles.note,
      everyMs: figuresMs,
    });
  }

  /** Sees whether the log still holds what is to be folded, and what was. */
  private async look(): Promise<LogState> {
    const open = [...this.partitions.values()].filter(({ state }) => state === 'open');
    await this.followEnd(open.flatMap(({ users, shard }) => [users, shard]));
    const state = await this.options.log.state();
    for (const { partition, first } of state.events) this.readers[partition]?.retainedFrom(first);
    return state;
  }

  private followEnd(scopes: readonly FoldedScope[]): Promise<void> {
    return followEnd(this.options.log, scopes, ({ scope, partition, position, last }) => {
      const fields = { scope: `${scope.scope.kind} ${scope.scope.number}`, partition, position, last };
      this.options.logger.error(fields, 'the log ends before what was folded from it: storage lost events');
    });
  }

  private get state(): ProcessorFigures['state'] {
    if (this.troubles.troubled) return 'waiting';
    const opening = [...this.partitions.values()].some(({ state }) => state === 'opening');
    return opening || !this.ownership.settled ? 'starting' : 'running';
  }
}
