/**
 * Several server processes over one log, and many clients, on virtual time: the real sessions, credit, ingest, committer and SDK; only
 * the sockets, the worker threads and the storage's answers are stood in for, so that everything can be delayed, lost, reordered and
 * killed. The log itself is the memory engine, which is what survives.
 */
import { vi } from 'vitest';
import { connect } from '../../client/index.ts';
import type { GaplessClient, Verdict } from '../../client/types.ts';
import { CreditBudget } from '../../protocol/credit/budget.ts';
import { DEFAULT_FRAME_LIMITS } from '../../protocol/limits.ts';
import { LocalBus } from '../../server/bus/local.ts';
import { createAuthenticator } from '../../server/gateway/authenticator.ts';
import { Ingest } from '../../server/ingest/ingest.ts';
import type { SlabPool } from '../../server/ingest/pool.ts';
import { LogError } from '../../server/log/error.ts';
import { type MemoryLog, openMemoryLog } from '../../server/log/memory/log.ts';
import type { AppendBatch, AppendResult, EventLog } from '../../server/log/port.ts';
import { silentLogger } from '../../server/ops/logger.ts';
import { createMetrics, type Metrics } from '../../server/ops/metrics.ts';
import { Sessions } from '../../server/session/sessions.ts';
import { processSlab } from '../../workers/process-slab.ts';
import { play, SETTINGS } from '../helpers/ingest-world.ts';
import { Network } from './network.ts';
import { Random } from './random.ts';

export interface ModelOptions {
  seed: number;
  servers: number;
  clients: number;
  eventsEach: number;
  /** Bytes of each server's budget. */
  budget: number;
  /** While faults last, each of them happens this often a second. */
  faults: { cuts: number; kills: number; stalls: number };
  faultSeconds: number;
}

export interface Sent {
  client: GaplessClient;
  producer: string;
  /** How many events it will track in all. */
  planned: number;
  events: (Record<string, unknown> | null)[];
  verdicts: (Verdict | undefined)[];
}

interface Process {
  sessions: Sessions;
  budget: CreditBudget;
  metrics: Metrics;
  alive: boolean;
  adapting: NodeJS.Timeout;
}

const LARGEST = DEFAULT_FRAME_LIMITS.maxEventBytes + 64;
const SOCKET_BYTES = DEFAULT_FRAME_LIMITS.maxFrameBytes + 1024;

export class World {
  readonly log: MemoryLog;
  readonly sent: Sent[] = [];
  readonly random: Random;
  private readonly options: ModelOptions;
  private readonly network: Network;
  private readonly processes: Process[] = [];
  private readonly bus = new LocalBus();
  /** What no run may meet. */
  readonly problems: unknown[] = [];
  private faulty = true;
  private stalledUntil = 0;

  constructor(options: ModelOptions) {
    this.options = options;
    this.random = new Random(options.seed);
    this.network = new Network(this.random, options.servers);
    this.log = openMemoryLog({ partitions: SETTINGS.partitions, rememberProducersMs: 1e12, dedupMs: 3_600_000 });
    for (let i = 0; i < options.servers; i++) this.boot(i);
    for (let i = 0; i < options.clients; i++) this.sent.push(this.startClient(i));
  }

  private boot(index: number): void {
    const { budget: capacity } = this.options;
    const budget = new CreditBudget({ capacity, socketBytes: SOCKET_BYTES, largestEvent: LARGEST });
    const metrics = createMetrics();
    const process: Process = { budget, metrics, alive: true } as Process;
    const log = this.storageOf(process);
    const ingest = new Ingest({
      log,
      pool: this.poolOf(process, 2),
      quarantine: this.poolOf(process, 1),
      settings: SETTINGS,
      // Half of the runs work on small slabs in place.
      here: this.options.seed % 2 === 0 ? {} : null,
      metrics,
      logger: silentLogger(),
    });
    process.sessions = new Sessions({
      ingest,
      budget,
      limits: DEFAULT_FRAME_LIMITS,
      authenticator: createAuthenticator({}),
      metrics,
      logger: silentLogger(),
      durability: () => 'memory',
      dedupMs: 3_600_000,
      maxAgeMs: 0,
      lifetimeMs: 60_000,
      bus: this.bus,
      process: `process-${index}-${this.random.next()}`,
    });
    metrics.attach({ inFlight: () => ({ events: ingest.eventsInFlight, bytes: 0 }) });
    process.adapting = setInterval(() => process.sessions.adapt(this.pressure(), 0.1), 100);
    this.processes[index] = process;
    this.network.doors[index] = (socket) => process.sessions.accept(socket);
  }

  private pressure(): number {
    return performance.now() < this.stalledUntil ? 1 : this.faulty ? this.random.next() * 0.9 : 0;
  }

  /** Workers take their time, so that slabs finish in any order; now and then one dies. */
  private poolOf(process: Process, threads: number): SlabPool {
    return {
      threads,
      queued: 0,
      run: async (task) => {
        await this.delay(this.random.between(0, 15));
        if (!process.alive) await new Promise(() => {});
        if (this.faulty && this.random.chance(0.02)) throw new Error('worker died');
        return processSlab(task, SETTINGS, () => performance.now());
      },
      close: async () => {},
    };
  }

  /** Storage answers late, not at all, or loses its answer; what was sent before a crash may still arrive after it. */
  private storageOf(process: Process): EventLog {
    const append = async (batch: AppendBatch): Promise<AppendResult> => {
      await this.delay(this.storageDelay());
      if (this.faulty && this.random.chance(0.05)) throw new LogError('unavailable', 'not connected');
      if (!process.alive && this.random.chance(0.5)) return new Promise(() => {});
      const result = await this.log.append(batch);
      if (this.faulty && this.random.chance(0.1)) {
        await this.delay(this.random.between(0, 300));
        throw new LogError('in_doubt', 'the answer was lost');
      }
      await this.delay(this.random.between(0, 20));
      return process.alive ? result : new Promise(() => {});
    };
    const producers = async (keys: readonly string[]) => {
      await this.delay(this.storageDelay());
      return this.log.producers(keys);
    };
    const own = { append, producers };
    return new Proxy<EventLog>(this.log, {
      get: (log, name) => own[name as keyof typeof own] ?? Reflect.get(log, name),
    });
  }

  private storageDelay(): number {
    const stall = Math.max(0, this.stalledUntil - performance.now());
    return stall + this.random.between(0, this.random.chance(0.1) ? 200 : 10);
  }

  private delay(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  private startClient(index: number): Sent {
    const producer = `model-producer-${index}`;
    const client = connect({
      url: 'ws://model',
      producer,
      subprotocol: this.random.pick(['gapless.v1.msgpack', 'gapless.v1.json']),
      WebSocket: this.network.WebSocket,
      ...(this.random.chance(0.5) && { context: { session_id: 'from-context' } }),
    });
    const count = Math.ceil(this.options.eventsEach * this.random.next() * 2);
    const sent: Sent = { client, producer, planned: count, events: [], verdicts: [] };
    for (let i = 0; i < count; i++) this.produce(sent, i);
    return sent;
  }

  private produce(sent: Sent, index: number): void {
    setTimeout(
      () => {
        const event = this.event(sent.events.length);
        sent.events.push(event);
        const at = sent.events.length - 1;
        const tracked = sent.client.track(event);
        tracked.then(
          (verdict) => {
            sent.verdicts[at] = verdict;
          },
          (error) => this.problems.push(error),
        );
      },
      this.random.between(0, 500) + index * this.random.between(0, 30),
    );
  }

  private event(index: number): Record<string, unknown> | null {
    const kind = this.random.next();
    if (kind < 0.03) return null;
    const event = play(`user-${this.random.between(1, 6)}`, `track-${index}`);
    if (kind < 0.1) return { ...event, action: 'jump' };
    if (kind < 0.13) return { ...event, ['x'.repeat(this.random.between(3000, 7000))]: 1 };
    return event;
  }

  private fault(): void {
    const { cuts, kills, stalls } = this.options.faults;
    const perStep = 0.05;
    if (this.random.chance(cuts * perStep)) this.network.cutOne();
    if (this.random.chance(stalls * perStep)) this.stalledUntil = performance.now() + this.random.between(100, 3000);
    if (this.random.chance(kills * perStep)) this.kill(this.random.between(0, this.processes.length - 1));
  }

  private kill(index: number): void {
    const process = this.processes[index]!;
    if (!process.alive) return;
    this.network.kill(index);
    this.halt(process);
    setTimeout(() => this.boot(index), this.random.between(50, 2000));
  }

  private halt(process: Process): void {
    process.alive = false;
    process.sessions.close();
    process.metrics.close();
    clearInterval(process.adapting);
  }

  /** Lets virtual time pass; checks after every step what must hold at any moment. */
  async run(seconds: number, until: () => boolean, check: () => void): Promise<boolean> {
    const end = performance.now() + seconds * 1000;
    let nextFault = performance.now();
    while (performance.now() < end) {
      await vi.advanceTimersToNextTimerAsync();
      for (let i = 0; i < 3; i++) await new Promise(setImmediate);
      check();
      if (this.faulty && performance.now() >= nextFault) {
        nextFault = performance.now() + 50;
        this.fault();
      }
      if (until()) return true;
    }
    return until();
  }

  calm(): void {
    this.faulty = false;
    this.stalledUntil = 0;
  }

  get budgets(): CreditBudget[] {
    return this.processes.filter(({ alive }) => alive).map(({ budget }) => budget);
  }

  get ledgerGaps(): number[] {
    return this.processes.filter(({ alive }) => alive).map(({ metrics }) => metrics.ledger().gap);
  }

  get settled(): boolean {
    return this.sent.every(({ client, planned, verdicts }) => {
      return client.stats.pending === 0 && verdicts.filter(Boolean).length === planned;
    });
  }

  /** All clients go. */
  leave(): void {
    for (const { client } of this.sent) void client.close().catch(() => {});
  }

  async close(): Promise<void> {
    for (const process of this.processes) if (process.alive) this.halt(process);
    await vi.advanceTimersByTimeAsync(10_000);
  }
}
