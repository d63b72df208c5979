/**
 * What happens to a slab that killed its worker: each frame is tried alone on a worker of its own, a frame that fails is tried event
 * by event, and only an event that crashes alone twice is rejected (`unprocessable`). Everybody else's events go through.
 *
 * A worker that cannot even do nothing (it does not start, the machine is out of memory) proves nothing about an event: before one is
 * condemned an empty slab must go through, and until it does everything waits.
 */

import type { WorkerSettings } from '../../workers/settings.ts';
import type { SlabSource, SlabTask, UnitDraft } from '../../workers/slab.ts';
import { type EventSlice, splitEvents } from '../../workers/split.ts';
import { rejectUnprocessed } from '../../workers/unprocessable.ts';
import { Copy } from './arena.ts';
import { pause } from './pause.ts';
import type { PendingFrame } from './pending-frame.ts';
import type { SlabPool } from './pool.ts';
import { assign, type Slab, type SourceUnit, slabTask } from './slab.ts';
import type { Source } from './source.ts';

/** How often an event is tried alone before it is given up. */
const TRIES = 2;
const START_PAUSE_MS = 500;

export class Quarantine {
  private readonly pool: Pick<SlabPool, 'run'>;
  private readonly settings: WorkerSettings;
  private tail: Promise<unknown> = Promise.resolve();
  private readonly stopping = new AbortController();

  /** The pool has one thread, apart from the main one. */
  constructor(pool: Pick<SlabPool, 'run'>, settings: WorkerSettings) {
    this.pool = pool;
    this.settings = settings;
  }

  /** Resolves with the verdicts of every event of the slab. One slab at a time. */
  work(slab: Slab): Promise<SourceUnit[]> {
    const result = this.tail.then(() => this.byFrame(slab));
    this.tail = result.catch(() => {});
    return result;
  }

  /** Gives up what still waits for a worker to start. */
  stop(): void {
    this.stopping.abort();
  }

  private async byFrame(slab: Slab): Promise<SourceUnit[]> {
    const units: SourceUnit[] = [];
    for (const { source, frame } of slab.frames) {
      const alone = await this.attempt(source, frame);
      units.push(...(alone ?? (await this.byEvent(source, frame))));
    }
    return units;
  }

  private async byEvent(source: Source, frame: PendingFrame): Promise<SourceUnit[]> {
    const units: SourceUnit[] = [];
    const slices = splitEvents(frame.format, frame.copy.bytes, frame.count);
    for (let i = frame.skip; i < slices.length; i++) {
      const event = oneEvent(frame, slices[i]!, i);
      let verdict: SourceUnit[] | null = null;
      for (let tries = 0; tries < TRIES && !verdict; tries++) {
        verdict = await this.attempt(source, event);
        if (!verdict) await this.untilWorkersStart();
      }
      units.push(...(verdict ?? [{ source, draft: this.reject(event) }]));
    }
    return units;
  }

  /** Null if the worker died of it. */
  private async attempt(source: Source, frame: PendingFrame): Promise<SourceUnit[] | null> {
    const slab: Slab = {
      sources: [source],
      frames: [{ source, frame }],
      bytes: frame.copy.length,
      events: frame.count - frame.skip,
    };
    const task: SlabTask = slabTask(slab);
    try {
      return assign(slab, (await this.pool.run(task)).units);
    } catch {
      return null;
    }
  }

  private async untilWorkersStart(): Promise<void> {
    const empty = (): SlabTask => ({ bytes: new Uint8Array(new ArrayBuffer(0)), sources: [], frames: [] });
    while (!this.stopping.signal.aborted) {
      const started = await this.pool.run(empty()).then(
        () => true,
        () => false,
      );
      if (started) return;
      await pause(START_PAUSE_MS, this.stopping.signal);
    }
    throw new Error('stopped while no worker could be started');
  }

  private reject(event: PendingFrame): UnitDraft {
    const sender: SlabSource = event.sender;
    return rejectUnprocessed(sender, event.format, event.copy.bytes, event.first, event.receivedAt, this.settings);
  }
}

function oneEvent(frame: PendingFrame, slice: EventSlice, index: number): PendingFrame {
  const copy = Copy.of(frame.copy.bytes.subarray(slice.start, slice.end));
  return { ...frame, copy, first: frame.first + index, count: 1, skip: 0 };
}
