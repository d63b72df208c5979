/** Several processors of one cluster in this process, on the engines in memory, with producers that append and resend. */
import { encodeEntry } from '../../../format/entry.ts';
import { pack } from '../../../format/msgpack.ts';
import { partitionOf } from '../../../format/partition.ts';
import { producerKey } from '../../../format/producer-key.ts';
import { encodeRecord } from '../../../format/record.ts';
import { UnitWriter } from '../../../format/unit.ts';
import { LocalBus } from '../../../server/bus/local.ts';
import { encodeMessage } from '../../../server/bus/message.ts';
import { TOPICS } from '../../../server/bus/messages.ts';
import { GroupMemory, openMemoryGroups } from '../../../server/consumer/memory/groups.ts';
import { FeatureMemory, openMemoryFeatureStore } from '../../../server/features/memory/store.ts';
import type { ProcessorFigures } from '../../../server/feeds/figures.ts';
import { openMemoryLog } from '../../../server/log/memory/log.ts';
import type { AppendBatch, EventLog } from '../../../server/log/port.ts';
import { silentLogger } from '../../../server/ops/logger.ts';
import type { PoisonedEvent } from '../../../server/processor/port.ts';
import { createProcessor, type Processor, type ProcessorOptions } from '../../../server/processor/processor.ts';
import type { Projection } from '../../../server/processor/projection.ts';
import { Random } from '../../model/random.ts';
import { FaultyEngines } from './faulty-engines.ts';

export const TENANT = 'default';

export interface Member {
  name: string;
  engines: FaultyEngines;
  processor: Processor;
}

export interface WorldOptions {
  partitions: number;
  projections: readonly Projection[];
  seed?: number;
  /** Of every processor. */
  settings?: Partial<ProcessorOptions>;
}

export class World {
  readonly partitions: number;
  readonly random: Random;
  readonly log: EventLog;
  readonly bus = new LocalBus((error) => this.busErrors.push(error));
  private readonly featureMemory = new FeatureMemory();
  readonly features = openMemoryFeatureStore(this.featureMemory);
  private readonly groupMemory = new GroupMemory();
  readonly groups = openMemoryGroups({ group: 'processor', memory: this.groupMemory });
  readonly poisoned: PoisonedEvent[] = [];
  readonly figures = new Map<string, ProcessorFigures>();
  readonly busErrors: unknown[] = [];
  members: Member[] = [];
  private readonly options: WorldOptions;
  private readonly sent = new Map<string, number>();
  private lastBatch: AppendBatch | null = null;
  private names = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.partitions = options.partitions;
    this.random = new Random(options.seed ?? 1);
    this.log = openMemoryLog({ partitions: this.partitions, rememberProducersMs: 1e9, dedupMs: 0 });
  }

  start(settings: Partial<ProcessorOptions> = {}): Member {
    const name = `member-${++this.names}`;
    const groups = openMemoryGroups({ group: 'processor', memory: this.groupMemory });
    const engines = new FaultyEngines(openMemoryFeatureStore(this.featureMemory), groups, this.log, this.random);
    const processor = createProcessor({
      ...{ log: engines.log, features: engines.features, groups: engines.groups, bus: this.bus },
      projections: this.options.projections,
      owner: {
        poison: async (event) => {
          await new Promise((resolve) => setTimeout(resolve, this.random.pick([0, 10, 30])));
          if (this.random.chance(engines.trouble)) throw new Error('the log does not answer');
          this.poisoned.push(event);
        },
        figures: (figures) => void this.figures.set(name, figures),
      },
      ...{
        member: name,
        partitions: this.partitions,
        logger: silentLogger(),
        ttlMs: 40,
        renewMs: 10,
        saveMs: 5,
        figuresMs: 20,
      },
      ...this.options.settings,
      ...settings,
    });
    const member = { name, engines, processor };
    this.members.push(member);
    processor.start();
    return member;
  }

  /** What is not in storage is gone with it. */
  async kill(member: Member): Promise<void> {
    member.engines.die();
    await this.stop(member);
  }

  async stop(member: Member): Promise<void> {
    this.members = this.members.filter((one) => one !== member);
    await member.processor.stop();
  }

  async end(): Promise<void> {
    for (const { engines } of this.members) engines.thaw();
    await Promise.all([...this.members].map((member) => this.stop(member)));
    await this.bus.close();
  }

  /** One entry with events of one producer for one user; sometimes the entry before is sent again. */
  async append(user: string, tracks: readonly string[], fields: Record<string, unknown> = {}): Promise<number> {
    const partition = partitionOf(TENANT, user, this.partitions);
    const producer = `producer-${this.random.between(1, 3)}`;
    const batch = this.batch(partition, producer, user, tracks, fields);
    await this.log.append(batch);
    if (this.lastBatch && this.random.chance(0.2)) await this.log.append(this.lastBatch);
    this.lastBatch = batch;
    if (this.random.chance(0.7))
      this.bus.publish(TOPICS.appended, encodeMessage({ events: [partition], deadLetters: [] }));
    return partition;
  }

  private batch(
    partition: number,
    name: string,
    user: string,
    tracks: readonly string[],
    fields: Record<string, unknown>,
  ): AppendBatch {
    const id = { tenant: TENANT, owner: '', producer: name, epoch: 1 };
    const [producer, now] = [producerKey(id), Date.now()];
    const prev = this.sent.get(`${partition}/${producer}`) ?? 0;
    const writer = new UnitWriter();
    for (const [i, track_id] of tracks.entries()) {
      const body = pack({
        type: 'track_completed',
        user_id: user,
        session_id: 's',
        track_id,
        timestamp: now,
        ...fields,
      });
      writer.add({ seq: prev + 1 + i, subject: user, receivedAt: now, body, added: pack({}) });
    }
    const last = prev + tracks.length;
    this.sent.set(`${partition}/${producer}`, last);
    const { bytes, count } = writer.finish(id);
    return {
      partition,
      units: [
        {
          producer,
          prev,
          first: prev + 1,
          last,
          record: encodeRecord({ watermark: last, base: last, settled: [], rejected: [] }),
          ids: [],
        },
      ],
      entry: { bytes: encodeEntry('events', now, count, [Buffer.from(bytes)]), count },
      dead: null,
    };
  }
}
