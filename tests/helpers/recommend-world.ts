/** A log, its index and any number of owners of its users in one process and thread: the real parts, without the processor's runtime. */
import { encodeEntry } from '../../format/entry.ts';
import { idHash } from '../../format/id-hash.ts';
import { pack } from '../../format/msgpack.ts';
import { partitionOf } from '../../format/partition.ts';
import { encodeRecord } from '../../format/record.ts';
import { decodeEvents } from '../../format/stored-event.ts';
import { UnitWriter } from '../../format/unit.ts';
import { LocalBus } from '../../server/bus/local.ts';
import { encodeMessage } from '../../server/bus/message.ts';
import { TOPICS } from '../../server/bus/messages.ts';
import type { RecordKey } from '../../server/features/port.ts';
import { USER_PROJECTIONS } from '../../server/features/projections.ts';
import { openMemoryLog } from '../../server/log/memory/log.ts';
import { silentLogger } from '../../server/ops/logger.ts';
import { NotOwnerError, type OwnedUsers } from '../../server/processor/owned.ts';
import type { InternalEvent } from '../../server/processor/port.ts';
import { type IndexService, openIndex } from '../../server/recommend/index/service.ts';
import { listsProjection } from '../../server/recommend/lists/projection.ts';
import { Recommender, type RecommenderOptions } from '../../server/recommend/owner/recommender.ts';
import { FoldedUsers } from './fold-users.ts';

export const PARTITIONS = 4;
export const TENANT = 'default';
const PROJECTIONS = [...USER_PROJECTIONS, listsProjection];

type Event = Record<string, unknown> & { type: string; user_id: string };

/** Folds every partition that it owns whenever it is asked or told. */
export class WorldUsers implements OwnedUsers {
  readonly owned = new Set<number>(Array.from({ length: PARTITIONS }, (_, partition) => partition));
  private readonly world: RecommendWorld;
  private readonly folded = PROJECTIONS.map((projection) => new FoldedUsers(projection));
  private readonly positions = new Array<number>(PARTITIONS).fill(0);
  private readonly listeners: Parameters<OwnedUsers['onFolded']>[0][] = [];
  private readonly lost: ((partition: number) => void)[] = [];
  private reading: Promise<unknown> = Promise.resolve();

  constructor(world: RecommendWorld) {
    this.world = world;
  }

  owns(partition: number): boolean {
    return this.owned.has(partition);
  }

  async current(partition: number, keys: readonly RecordKey[]): Promise<readonly unknown[]> {
    if (!this.owns(partition)) throw new NotOwnerError('not the owner');
    await this.poll(partition);
    return keys.map((key) => {
      const index = PROJECTIONS.findIndex((projection) =>
        projection.owns ? projection.owns(key) : hasRecord(projection.name, key),
      );
      return this.folded[index]!.state(key);
    });
  }

  poll(partition: number): Promise<unknown> {
    this.reading = this.reading.catch(() => {}).then(() => this.read(partition));
    return this.reading;
  }

  private async read(partition: number): Promise<void> {
    const items = await this.world.log.read('events', partition, this.positions[partition]! + 1, 1e9);
    const groups = new Set<string>();
    for (const item of items) {
      if (item.status !== 'intact') continue;
      for (const { event } of decodeEvents(item)) {
        for (const folded of this.folded) folded.fold(event);
        groups.add(`user\0${event.tenant}\0${event.user_id}`);
      }
      this.positions[partition] = item.last;
    }
    if (groups.size > 0) for (const listener of this.listeners) listener(partition, groups);
  }

  lose(partition: number): void {
    this.owned.delete(partition);
    for (const listener of this.lost) listener(partition);
  }

  onFolded(listener: Parameters<OwnedUsers['onFolded']>[0]): void {
    this.listeners.push(listener);
  }
  onOwned(): void {}
  onLost(listener: (partition: number) => void): void {
    this.lost.push(listener);
  }
}

function hasRecord(projection: string, { field }: RecordKey): boolean {
  return (projection === 'sessions' && field === 'session') || (projection === 'tastes' && field === 'taste');
}

export class RecommendWorld {
  readonly log = openMemoryLog({ partitions: PARTITIONS, rememberProducersMs: 3_600_000, dedupMs: 3_600_000 });
  readonly bus = new LocalBus();
  /** Internal events that were stored. */
  readonly served: InternalEvent[] = [];
  index!: IndexService;
  now = Date.UTC(2026, 10, 20);
  /** Set to make storage fail. */
  storeFails = false;
  /** How often it did. */
  refused = 0;
  private readonly users: WorldUsers[] = [];
  private readonly recommenders: Recommender[] = [];
  private appended = 0;

  async open(): Promise<void> {
    const log = { read: this.log.read.bind(this.log), state: this.log.state.bind(this.log), partitions: PARTITIONS };
    this.index = await openIndex({ log, bus: this.bus, logger: silentLogger() });
  }

  /** An owner of all partitions; several may believe so at once. */
  owner(options: Partial<RecommenderOptions> = {}): { users: WorldUsers; recommender: Recommender } {
    const users = new WorldUsers(this);
    const recommender = new Recommender({
      ...{
        users,
        bus: this.bus,
        index: () => this.index,
        store: this.store,
        partitions: PARTITIONS,
        now: () => this.now,
        // A busy machine stops everything for a while.
        maxWaitMs: 60_000,
      },
      ...options,
    });
    this.users.push(users);
    this.recommenders.push(recommender);
    return { users, recommender };
  }

  readonly store = async (event: InternalEvent): Promise<'stored' | 'duplicate'> => {
    if (this.storeFails) {
      this.refused++;
      throw new Error('storage is away');
    }
    const { tenant, ...rest } = event;
    const stored = await this.append(rest, {}, idHash(tenant, event.user_id, event.id));
    if (stored) this.served.push(event);
    return stored ? 'stored' : 'duplicate';
  };

  /** False if its id is taken. */
  async append(event: Event, added: Record<string, unknown> = {}, id?: string): Promise<boolean> {
    const producer = `world-${++this.appended}`;
    const partition = partitionOf(TENANT, event.user_id, PARTITIONS);
    const writer = new UnitWriter();
    const extra = { event_time: this.now++, ...added };
    writer.add({ seq: 1, subject: event.user_id, receivedAt: this.now, body: pack(event), added: pack(extra) });
    const unit = writer.finish({ tenant: TENANT, owner: '', producer, epoch: 1 });
    const record = encodeRecord({ watermark: 1, base: 1, settled: [], rejected: [] });
    const result = await this.log.append({
      partition,
      units: [{ producer, prev: 0, first: 1, last: 1, record, ids: id === undefined ? [] : [id] }],
      entry: { bytes: encodeEntry('events', this.now, 1, [Buffer.from(unit.bytes)]), count: 1 },
      dead: null,
    });
    if (result.status === 'conflict') return false;
    const message = { events: [partition], eventPositions: [result.last], deadLetters: [] };
    this.bus.publish(TOPICS.appended, encodeMessage(message));
    for (const users of this.users) if (users.owns(partition)) users.poll(partition).catch(() => {});
    return true;
  }

  /** An interaction of a listener. */
  async did(user: string, action: string, track: string, more: Record<string, unknown> = {}): Promise<void> {
    const { artist, genre, ...fields } = more;
    const event = {
      type: 'user_interaction',
      user_id: user,
      session_id: `s-${user}`,
      track_id: track,
      action,
      ...fields,
    };
    await this.append(event, artist === undefined ? {} : { track: { artist, genre } });
  }

  /** Other listeners who played these tracks one after the other, so that models know them. */
  async listeners(count: number, tracks: readonly string[]): Promise<void> {
    for (let n = 0; n < count; n++)
      for (const track of tracks) await this.did(`other-${n}`, 'play', track, { artist: 'A', genre: 'g' });
    await this.learned();
  }

  /** The index has read everything. */
  async learned(): Promise<void> {
    const { events } = await this.log.state();
    while (this.index.index.anchors.some(({ position }, partition) => position < events[partition]!.last)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async close(): Promise<void> {
    for (const recommender of this.recommenders) recommender.close();
    await this.index.stop();
    await this.bus.close();
    await this.log.close();
  }
}
