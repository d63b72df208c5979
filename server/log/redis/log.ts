/**
 * The engine. Layout in `keys.ts`; the atomic steps in `append-script.ts` and `scripts.ts`.
 *
 * An append is one script call in one slot. Where the answer is lost the caller repeats the same batch: the watermarks tell whether it
 * stands. So a batch that a dead connection still delivers late, after its repetition, is refused as a whole (`overlap`).
 */
import { randomUUID } from 'node:crypto';
import type { ReadItem, Stream } from '../../../format/model.ts';
import type { Durability } from '../../../protocol/frames.ts';
import type { Persistence } from '../../redis/probe.ts';
import type { ScriptCall } from '../../redis/script.ts';
import { LogError } from '../error.ts';
import type {
  AppendBatch,
  AppendResult,
  EventLog,
  LogGuarantees,
  LogState,
  LogWaker,
  PlacedRecord,
  RetentionPolicy,
  TrimReport,
} from '../port.ts';
import { appendCall, readAnswer } from './append.ts';
import { Connections } from './connections.ts';
import { DurabilityWatch, type RedisLogger } from './durability.ts';
import { toLogError } from './fault.ts';
import { type PartitionKeys, partitionKeys } from './keys.ts';
import { ProducerLookup } from './producers.ts';
import { EntryReader } from './reader.ts';
import { trimStream } from './retention.ts';
import { LOOK_UP, UPKEEP } from './scripts.ts';
import { readState } from './state.ts';
import { Usage } from './usage.ts';
import { StreamWatch } from './waker.ts';

export interface RedisLogOptions {
  /** See `server/redis/url.ts`. */
  url: string;
  /** First part of every key. */
  prefix: string;
  partitions: number;
  /** A producer is remembered for at least this time after its last commit, ms. */
  rememberProducersMs: number;
  /** A client's event id is remembered for at least this time, ms; 0 for never. */
  dedupMs: number;
  /** Appends wait while the entries of all partitions hold this many bytes; default 0, no limit but Redis's own. */
  maxBytes?: number;
  /** Replicas that must have an append before it is answered (WAIT); default 0. */
  replicas?: number;
  /** What an append is worth where Redis may not be asked. */
  declaredDurability?: Persistence;
  logger?: RedisLogger;
  /** How long Redis may take for a command before it counts as in doubt, ms; default 5,000. */
  commandTimeoutMs?: number;
  /** How long opening tries to reach Redis, ms; default 10,000. */
  openTimeoutMs?: number;
  /** ms since 1970, by which producers and ids are remembered; default: Redis's own clock, one for all processes. */
  now?: () => number;
}

export type RedisLog = EventLog & LogWaker;

const COMMAND_TIMEOUT_MS = 5_000;
const OPEN_TIMEOUT_MS = 10_000;
const UPKEEP_MS = 60_000;
/** How long a change of what an append is worth may go unnoticed. */
const DURABILITY_MS = 5_000;
/** An empty argument of a script. */
const NONE = '';

/**
 * Throws LogError `misconfigured` (the URL, the credentials, another number of partitions, a Redis that is too old) or `unavailable`.
 */
export async function openRedisLog(options: RedisLogOptions): Promise<RedisLog> {
  const log = new RedisEventLog(options);
  try {
    await log.open(options.openTimeoutMs ?? OPEN_TIMEOUT_MS);
  } catch (error) {
    await log.close();
    const cause = toLogError(error);
    throw cause.inDoubt ? new LogError('unavailable', cause.message, { cause: error }) : cause;
  }
  return log;
}

class RedisEventLog implements EventLog, LogWaker {
  readonly guarantees: LogGuarantees;
  private readonly options: RedisLogOptions;
  private readonly keys: readonly PartitionKeys[];
  private readonly connections: Connections;
  private readonly reader: EntryReader;
  private readonly lookup: ProducerLookup;
  private readonly durabilityWatch: DurabilityWatch;
  private readonly usage: Usage;
  private readonly watches = new Map<string, StreamWatch>();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly timers: NodeJS.Timeout[] = [];
  private closing: Promise<void> | null = null;

  constructor(options: RedisLogOptions) {
    const { url, prefix, partitions, rememberProducersMs, dedupMs, replicas = 0, maxBytes = 0, logger } = options;
    const { commandTimeoutMs = COMMAND_TIMEOUT_MS, declaredDurability: declared } = options;
    this.options = options;
    this.guarantees = {
      engine: 'redis',
      restartable: true,
      multiProcess: true,
      partitions,
      rememberProducersMs,
      dedupMs,
    };
    this.keys = Array.from({ length: partitions }, (_, partition) => partitionKeys(prefix, partition));
    this.connections = new Connections({ url, name: prefix, commandTimeoutMs, replicas, logger });
    this.reader = new EntryReader(this.connections.reader);
    this.lookup = new ProducerLookup(partitions, (partition, keys) => this.lookUp(partition, keys));
    const limited = maxBytes > 0;
    this.durabilityWatch = new DurabilityWatch(this.connections.reader, { replicas, declared, limited, logger });
    this.usage = new Usage(partitions, maxBytes, () => this.everyPartition((partition) => this.upkeep(partition)));
  }

  async open(timeoutMs: number): Promise<void> {
    await this.connections.open(timeoutMs);
    await this.durabilityWatch.look();
    // Every log has partition 0: of two processes with different numbers of partitions only one gets past it.
    await this.upkeep(0);
    await this.usage.refresh();
    // After a failover another server answers, which may be set otherwise.
    const { reader } = this.connections;
    const lookAgain = () => Promise.all([this.durabilityWatch.look(), this.usage.refresh()]);
    for (const event of ['ready', '+node']) reader.on(event, () => this.again(lookAgain));
    // Where Redis is away the upkeep says so, once a minute is enough.
    this.every(DURABILITY_MS, () => this.durabilityWatch.look().catch(() => undefined));
    this.every(UPKEEP_MS, () => this.usage.refresh());
  }

  durability(): Durability {
    return this.durabilityWatch.current;
  }

  append(batch: AppendBatch): Promise<AppendResult> {
    return this.during(async () => {
      await this.usage.check();
      const { partitions, dedupMs } = this.guarantees;
      const settings = { partitions, dedupMs, waits: this.waits, now: this.now };
      const call = appendCall(batch, this.keys[batch.partition]!, settings);
      const { result, bytes } = readAnswer(await this.connections.append(call));
      if (bytes !== null) this.usage.note(batch.partition, bytes);
      return result;
    });
  }

  producers(keys: readonly string[]): Promise<PlacedRecord[][]> {
    return this.during(() => this.lookup.find(keys));
  }

  read(stream: Stream, partition: number, from: number, maxBytes: number): Promise<ReadItem[]> {
    return this.during(() => this.reader.read(this.keys[partition]![stream], stream, partition, from, maxBytes));
  }

  state(): Promise<LogState> {
    return this.during(() => this.readState());
  }

  trim(policy: RetentionPolicy): Promise<TrimReport> {
    return this.during(async () => {
      await this.usage.refresh();
      const access = {
        keys: this.keys,
        run: (_: number, call: ScriptCall) => this.connections.look(call),
        bytes: async (stream: Stream) => {
          const { events, deadLetters } = await this.readState();
          return (stream === 'events' ? events : deadLetters).map(({ bytes }) => bytes);
        },
      };
      const report = await trimStream(access, policy);
      if (report.entries > 0) await this.usage.refresh();
      return report;
    });
  }

  async wait(
    stream: Stream,
    partition: number,
    position: number,
    maxWaitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.closing) return;
    const key = this.keys[partition]![stream];
    let watch = this.watches.get(key);
    if (!watch) {
      watch = new StreamWatch(key, () => this.connections.openBlocking(key));
      this.watches.set(key, watch);
    }
    await watch.wait(position, maxWaitMs, signal);
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    for (const watch of this.watches.values()) watch.close();
    await Promise.allSettled(this.underWay);
    this.connections.close();
  }

  /** Runs what the port offers: refused when closed, waited for at closing, and failing only with LogError. */
  private async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.closing) throw new LogError('closed', 'the log is closed');
    const running = work();
    this.underWay.add(running);
    try {
      return await running;
    } catch (error) {
      throw toLogError(error);
    } finally {
      this.underWay.delete(running);
    }
  }

  private readState(): Promise<LogState> {
    return readState((call) => this.connections.look(call), this.keys);
  }

  private async lookUp(partition: number, keys: readonly string[]): Promise<(Buffer | null)[]> {
    const { meta, newProducers, oldProducers } = this.keys[partition]!;
    const args = [this.waits ? 1 : NONE, ...keys];
    const call = { script: LOOK_UP, keys: [meta, newProducers, oldProducers], args };
    return (await this.connections.ask(call)) as (Buffer | null)[];
  }

  /** Lets what is outdated go; the bytes that the partition holds. */
  private async upkeep(partition: number): Promise<number> {
    const { partitions, rememberProducersMs, dedupMs } = this.guarantees;
    const { meta, newProducers, oldProducers, ids } = this.keys[partition]!;
    const args = [partitions, this.now ?? NONE, rememberProducersMs, dedupMs, randomUUID()];
    return (await this.connections.look({
      script: UPKEEP,
      keys: [meta, newProducers, oldProducers, ...ids],
      args,
    })) as number;
  }

  private every(ms: number, work: () => Promise<unknown>): void {
    this.timers.push(setInterval(() => this.again(work), ms).unref());
  }

  /** Trouble here shows in the next append; what was known stays. */
  private again(work: () => Promise<unknown>): void {
    if (this.closing) return;
    const { logger } = this.options;
    const failed = (error: Error): void =>
      logger?.warn({ message: error.message }, 'redis: upkeep failed, it is tried again');
    this.during(work).catch(failed);
  }

  private everyPartition<T>(work: (partition: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.keys.map((_, partition) => work(partition)));
  }

  private get waits(): boolean {
    return (this.options.replicas ?? 0) > 0;
  }

  private get now(): number | null {
    return this.options.now?.() ?? null;
  }
}
