/** The worker pool behind two calls. Piscina lives here and nowhere else. */
import { Piscina } from 'piscina';
import { type PackedTask, packTask } from '../../workers/packed-task.ts';
import { openResult, type PackedResult } from '../../workers/packed-units.ts';
import type { WorkerSettings } from '../../workers/settings.ts';
import type { SlabResult, SlabTask } from '../../workers/slab.ts';
import { built } from '../installation.ts';

/**
 * Nice levels below the other threads. Workers run for milliseconds at a time; the thread that receives and answers, and the log's, have
 * little to do each time that they want a core, and everybody waits for them. Elsewhere than on Linux a process has one level for all.
 */
const NICER = process.platform === 'linux' ? 5 : 0;

export interface PoolOptions {
  threads: number;
  settings: WorkerSettings;
  /** The worker's entry file; tests give one that crashes on command. */
  filename?: string;
}

/** What the ingest asks of a pool. */
export interface SlabPool {
  readonly threads: number;
  /** Tasks that wait for a thread. */
  readonly queued: number;
  /** Works on one slab. Its buffer is transferred away. Rejects if the worker died or the slab broke it. */
  run(task: SlabTask): Promise<SlabResult>;
  /** Waits for what runs, then ends the threads. */
  close(): Promise<void>;
}

export class WorkerPool implements SlabPool {
  readonly threads: number;
  private readonly piscina: Piscina<PackedTask, PackedResult>;
  private readonly running = new Set<Promise<unknown>>();

  constructor({ threads, settings, filename = built('workers/main.js') }: PoolOptions) {
    this.threads = threads;
    this.piscina = new Piscina({
      filename,
      workerData: settings,
      // Idle threads above the minimum are recycled at once, so there are none: a new thread costs a boot.
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      // The synchronous mode freezes timers of idle workers and lets one task's stray rejection fail another's.
      atomics: 'async',
      maxQueue: threads * 4,
      niceIncrement: NICER,
      recordTiming: false,
    });
    // Every failure reaches the caller of run(); an 'error' without a listener would end the process.
    this.piscina.on('error', () => {});
  }

  get queued(): number {
    return this.piscina.queueSize;
  }

  /** Resolves when a worker has done nothing, successfully. Throws what keeps it from starting. */
  async start(): Promise<void> {
    await this.run({ bytes: new Uint8Array(new ArrayBuffer(0)), sources: [], frames: [] });
  }

  /** Threads at work. */
  get busy(): number {
    return Math.min(this.threads, this.running.size - this.piscina.queueSize);
  }

  run(task: SlabTask): Promise<SlabResult> {
    const transferList = [task.bytes.buffer as ArrayBuffer];
    if (task.out) transferList.push(task.out);
    const packed = this.piscina.run(packTask(task), { transferList });
    const result = packed.then(openResult);
    this.running.add(result);
    const forget = () => this.running.delete(result);
    result.then(forget, forget);
    return result;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.running);
    await this.piscina.destroy();
  }
}
