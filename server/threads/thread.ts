/**
 * Threads of this process beside the gateway's event loop: a worker thread is started from an entry file, told its settings once, and
 * then both sides call each other's functions. A thread that dies is started anew, after a pause that grows while it keeps dying.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { type BirpcReturn, createBirpc } from 'birpc';
import { built } from '../installation.ts';
import { batched } from './batching.ts';

/** Functions with plain data in and out, as structured clone carries it. */
type Functions<T> = { [K in keyof T]: (...args: never[]) => unknown };

export type ThreadState = 'starting' | 'ready' | 'restarting' | 'stopped';

/** What every thread answers beside its own functions. */
interface Basics {
  /** Lets go of everything. Afterwards the thread is ended. */
  stop(): Promise<void>;
}

export interface ThreadOptions<Local> {
  /** For logs. */
  name: string;
  /** The entry file from the project's root on, without its ending: `server/feeds/main`; or its URL. */
  entry: string | URL;
  settings: unknown;
  /** What the thread may call here. */
  functions: Local;
  /**
   * How much of its memory may be young, MiB (three times V8's semi-space); default 24, enough for a thread that has little to do. V8's flag
   * --max-semi-space-size takes precedence.
   */
  youngGenerationMiB?: number;
  /** The thread said that it is ready: the first time, and after each death. */
  onReady?(): void;
  /** It died; it is being started anew. */
  onDeath?(error: Error): void;
}

/** Half of V8's default, up to which a thread's memory grows little by little however little it keeps. */
const YOUNG_GENERATION_MIB = 24;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A thread that lived this long starts with the shortest pause again. */
const STEADY_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

export class Thread<Remote extends Functions<Remote>, Local extends Functions<Local>> {
  state: ThreadState = 'starting';
  private readonly options: ThreadOptions<Local>;
  private worker!: Worker;
  private rpc!: BirpcReturn<Remote & Basics, Local>;
  private pauseMs = FIRST_PAUSE_MS;
  private startedAt = 0;
  private timer: NodeJS.Timeout | null = null;
  private settleFirst: { resolve: () => void; reject: (error: Error) => void } | null = null;

  constructor(options: ThreadOptions<Local>) {
    this.options = options;
  }

  /** Resolves when the thread is ready; rejects with what kept its first start from succeeding. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.settleFirst = { resolve, reject };
      this.launch();
    });
  }

  /** The thread's functions. A call to a thread that is not ready rejects. */
  get remote(): BirpcReturn<Remote & Basics, Local> {
    if (this.state !== 'ready') throw new Error(`the ${this.options.name} thread is ${this.state}`);
    return this.rpc;
  }

  private launch(): void {
    const { entry, settings, functions, name, youngGenerationMiB = YOUNG_GENERATION_MIB } = this.options;
    this.startedAt = performance.now();
    const worker = new Worker(typeof entry === 'string' ? built(`${entry}.js`) : entry, {
      workerData: settings,
      name,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMiB },
    });
    this.worker = worker;
    this.rpc = createBirpc<Remote & Basics, Local & { ready(): void }>(
      { ...functions, ready: () => this.ready(worker) },
      { ...batched(worker), timeout: -1 },
    ) as unknown as BirpcReturn<Remote & Basics, Local>;
    let failure = new Error(`the ${name} thread ended`);
    worker.on('error', (error: Error) => {
      failure = error;
    });
    worker.on('exit', () => this.died(worker, failure));
  }

  private ready(worker: Worker): void {
    if (worker !== this.worker || this.state === 'stopped') return;
    this.state = 'ready';
    this.settleFirst?.resolve();
    this.settleFirst = null;
    this.options.onReady?.();
  }

  private died(worker: Worker, error: Error): void {
    if (worker !== this.worker || this.state === 'stopped') return;
    this.rpc.$close(error);
    if (this.settleFirst) {
      this.state = 'stopped';
      this.settleFirst.reject(error);
      this.settleFirst = null;
      return;
    }
    this.state = 'restarting';
    if (performance.now() - this.startedAt > STEADY_MS) this.pauseMs = FIRST_PAUSE_MS;
    this.timer = setTimeout(() => this.launch(), this.pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
    this.options.onDeath?.(error);
  }

  /** Asks the thread to let go of everything, then ends it; one that does not answer is cut. A second call does nothing. */
  async stop(): Promise<void> {
    if (this.state === 'stopped') return;
    const wasReady = this.state === 'ready';
    this.state = 'stopped';
    if (this.timer) clearTimeout(this.timer);
    if (wasReady) {
      let timer: NodeJS.Timeout | undefined;
      const cut = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_TIMEOUT_MS);
      });
      const gone = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
      await Promise.race([Promise.resolve(this.rpc.stop()).catch(() => {}), cut, gone]);
      clearTimeout(timer);
    }
    this.rpc.$close(new Error(`the ${this.options.name} thread was stopped`));
    await this.worker.terminate();
  }
}

/** The other side, called once by a thread's entry file: `settings` as they were handed over, and how to answer and to ask. */
export function threadSettings<S>(): S {
  return workerData as S;
}

export interface ThreadSide<Remote> {
  /** Functions of the thread's owner. */
  remote: BirpcReturn<Remote & { ready(): void }, Record<string, unknown>>;
}

/** Serves `functions` to the thread's owner. Call `remote.ready()` once everything is open. */
export function serveThread<Remote extends Functions<Remote>, Local extends Functions<Local>>(
  functions: Local & Basics,
): ThreadSide<Remote> {
  const port = parentPort;
  if (!port) throw new Error('this file is the entry of a worker thread');
  const remote = createBirpc<Remote & { ready(): void }, Local & Basics>(functions, { ...batched(port), timeout: -1 });
  return { remote: remote as unknown as ThreadSide<Remote>['remote'] };
}
