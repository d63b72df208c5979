/**
 * Collects taken frames into slabs and has the pool work on them. Slabs form by themselves: frames collect while the pool is busy, or
 * storage is and they are few, and go at once otherwise. Who was served the least lately goes first (`fair-queue.ts`).
 */
import type { SlabResult, SlabTask } from '../../workers/slab.ts';
import { Backlog } from './backlog.ts';
import { KnownAgents } from './known-agents.ts';
import type { PendingFrame } from './pending-frame.ts';
import type { SlabPool } from './pool.ts';
import type { Quarantine } from './quarantine.ts';
import { ResultBuffers } from './result-buffers.ts';
import { assign, type Slab, type SourceUnit, slabTask } from './slab.ts';
import type { Source } from './source.ts';

export interface IntakeEvents {
  /** Goes to the committer, in order per source. */
  units(units: SourceUnit[]): void;
  /** A slab came back; `result` is null if its worker died. `handOver` is the time spent on handing it over, seconds; null if it stayed here. */
  slab(events: number, bytes: number, result: SlabResult | null, handOver: number | null): void;
  workerDied(error: unknown): void;
  /** Whether a commit is under way. */
  committing(): boolean;
}

/** Goes through a worker's stages in this thread. May throw; then the pool gets the slab. */
export type WorkHere = (task: SlabTask) => SlabResult;

/** Beyond this a slab is worth a thread's way there and back. */
const HERE_EVENTS = 256;
const HERE_BYTES = 64 * 1024;
const SLABS_A_THREAD = 2;
/** Fewer are not worth a commit of their own while one is under way: they wait for its end, but not longer than this. */
const COMPANY_EVENTS = 64;
const COMPANY_MS = 20;

export class Intake {
  private readonly pool: SlabPool;
  private readonly quarantine: Quarantine;
  private readonly events: IntakeEvents;
  private readonly workHere: WorkHere | null;
  private readonly agents = new KnownAgents();
  private readonly backlog = new Backlog();
  /** Buffers of slabs that came back; never more than there can be slabs under way. */
  private readonly spare: ArrayBuffer[] = [];
  private readonly results = new ResultBuffers();
  /** Where slabs stand that are worked on here. */
  private readonly scratch = new ArrayBuffer(HERE_BYTES);
  private inFlight = 0;
  private scheduled = false;
  private stopped = false;
  /** Runs while what waits is held back. */
  private patience: NodeJS.Timeout | null = null;

  constructor(pool: SlabPool, quarantine: Quarantine, events: IntakeEvents, workHere: WorkHere | null = null) {
    this.workHere = workHere;
    this.pool = pool;
    this.quarantine = quarantine;
    this.events = events;
  }

  /** Event bytes that wait for a slab. */
  get waitingBytes(): number {
    return this.backlog.bytes;
  }

  submit(source: Source, frame: PendingFrame): void {
    if (source.state === 'failed') return;
    this.backlog.add(source, frame);
    this.schedule();
  }

  /** A failed source's frames will never be worked on. */
  discard(source: Source): void {
    this.backlog.discard(source);
  }

  /** Frames of one turn of the event loop share a slab. */
  private schedule(): void {
    if (this.scheduled || !(this.canGo || this.lightCanGo)) return;
    if (this.holdsBack) {
      this.patience ??= setTimeout(() => this.goAnyway(), COMPANY_MS);
      return;
    }
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    this.goLight();
    while (this.canGo && !this.holdsBack) this.go();
    if (this.backlog.empty) this.relax();
    this.schedule();
  }

  /** A worker that finishes finds the next one waiting, also where this thread is busy with what others send. */
  private get canGo(): boolean {
    return !this.stopped && this.inFlight < SLABS_A_THREAD * this.pool.threads && !this.backlog.empty;
  }

  /**
   * Whether what waits is better off with company: a commit costs the same whatever it holds, so a small slab waits for the end of the one
   * under way. That is the clock: commits follow each other as fast as storage is, and hold what has come meanwhile (Nagle, RFC 896).
   */
  private get holdsBack(): boolean {
    return this.backlog.events < COMPANY_EVENTS && this.events.committing();
  }

  /** Those who send little do not wait for a worker behind the slabs of others. */
  private get lightCanGo(): boolean {
    return !this.stopped && this.workHere !== null && this.inFlight > 0 && this.backlog.lightIsFirst(this.mayStay);
  }

  /** Works on them here. One small slab in a turn of the event loop: where all send little, the pool has to help. */
  private goLight(): void {
    if (!this.lightCanGo || this.holdsBack) return;
    const slab = this.backlog.formLight({ events: HERE_EVENTS, bytes: HERE_BYTES }, this.mayStay);
    if (!this.workedHere(slab)) void this.work(slab);
  }

  private go(): void {
    const slab = this.backlog.form();
    if (slab.frames.length > 0 && !this.doneHere(slab)) void this.work(slab);
  }

  /** Storage is slow, or stands still for one partition: others must not wait for it. */
  private goAnyway(): void {
    this.patience = null;
    while (this.canGo) this.go();
  }

  private relax(): void {
    if (this.patience) clearTimeout(this.patience);
    this.patience = null;
  }

  /** Call when nothing is being committed any more. */
  committed(): void {
    this.schedule();
  }

  /** Starts nothing more. */
  stop(): void {
    this.stopped = true;
    this.relax();
  }

  /**
   * A small slab that is all there is is worked on here: at low rates the way to another thread and back is most of an event's latency, and
   * of its cost. Only what cannot take long: bounded MessagePack of clients whose name a worker has read before.
   */
  private doneHere(slab: Slab): boolean {
    if (!this.workHere || slab.events > HERE_EVENTS || slab.bytes > HERE_BYTES || !this.backlog.empty) return false;
    return slab.frames.every(({ frame }) => this.mayStay(frame)) && this.workedHere(slab);
  }

  private readonly mayStay = ({ format, sender }: PendingFrame): boolean =>
    format === 'msgpack' && this.agents.has(sender);

  private workedHere(slab: Slab): boolean {
    const task = slabTask(slab, this.scratch);
    let result: SlabResult;
    try {
      result = this.workHere!(task);
    } catch {
      return false;
    }
    this.finish(slab, assign(slab, result.units));
    this.events.slab(slab.events, slab.bytes, result, null);
    return true;
  }

  private async work(slab: Slab): Promise<void> {
    this.inFlight++;
    const began = performance.now();
    const running = this.pool.run({ out: this.results.take(), ...slabTask(slab, this.spare.pop()) });
    const handOver = (performance.now() - began) / 1000;
    const result = await running.catch((error) => {
      this.events.workerDied(error);
      return null;
    });
    if (result?.input) this.spare.push(result.input);
    if (result && this.workHere) for (const { frame } of slab.frames) this.agents.add(frame.sender);
    if (result) this.finish(slab, this.lent(result, assign(slab, result.units)));
    // The quarantine has a worker of its own: meanwhile the pool goes on with others.
    else void this.quarantined(slab);
    this.inFlight--;
    this.events.slab(slab.events, slab.bytes, result, handOver);
    this.pump();
  }

  private lent({ buffer }: SlabResult, units: SourceUnit[]): SourceUnit[] {
    const lease = this.results.lend(buffer, units.length);
    for (const unit of units) unit.lease = lease;
    return units;
  }

  private async quarantined(slab: Slab): Promise<void> {
    try {
      this.finish(slab, await this.quarantine.work(slab));
    } catch {
      // No verdict can be given: the connections end, and their clients send the events again.
      for (const source of slab.sources) source.fail('its events could not be processed now');
    }
  }

  private finish(slab: Slab, units: SourceUnit[]): void {
    this.events.units(units.filter(({ source }) => source.state !== 'failed'));
    for (const { frame } of slab.frames) frame.copy.release();
    for (const source of slab.sources) {
      if (source.state !== 'in_pool') continue;
      source.state = 'idle';
      if (source.frames.length > 0) this.backlog.enqueue(source);
    }
    this.schedule();
  }
}
