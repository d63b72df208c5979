/**
 * Reads one partition of the log for all scopes that are folded from it. Scopes at the same place take from one reading; one that is
 * behind the others is read to on its own, a stretch in each round, until it meets them.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Backoff } from '../../protocol/session/backoff.ts';
import { type EntryDecoder, readStretch, type Stretch } from '../consumer/read.ts';
import { pause } from '../ingest/pause.ts';
import { LogError } from '../log/error.ts';
import type { EventLog } from '../log/port.ts';
import type { RoutedStretch } from './route.ts';
import type { FoldedScope } from './scope.ts';

export interface PartitionReaderOptions {
  log: Pick<EventLog, 'read'>;
  partition: number;
  /** See `readStretch`. */
  decode?: EntryDecoder | undefined;
  route(stretch: Stretch): RoutedStretch;
  /** Something that the partition's own users were to fold is not there any more. */
  missing(stretch: Stretch): void;
  /** The log did not answer as it should; it is asked again. */
  trouble(error: unknown): void;
}

const STRETCH_BYTES = 128 * 1024;
/** A round does not wait longer than this for a scope that takes its time. */
const ROUND_MS = 100;
/** How long a reader lets events gather before it reads again, unless somebody waits for them. */
const GATHER_MS = 4;

interface Waiter {
  /** The round that was under way when it asked; it is served by a later one. */
  round: number;
  resolve(position: number): void;
  reject(error: Error): void;
  /** On the clock of `performance`. */
  until: number;
}

export class PartitionReader {
  readonly partition: number;
  private readonly options: PartitionReaderOptions;
  private readonly scopes = new Set<FoldedScope>();
  private readonly ending = new AbortController();
  private readonly loop: Promise<void>;
  /** Called to end the present pause. */
  private wakeUp: (() => void) | null = null;
  private woken = false;
  /** Ends the pause in which events gather; null while there is none. */
  private endGathering: (() => void) | null = null;
  private waiters: Waiter[] = [];
  private rounds = 0;
  /** The oldest position that is retained, as last heard. */
  private oldest = 1;

  constructor(options: PartitionReaderOptions) {
    this.options = options;
    this.partition = options.partition;
    this.loop = this.run();
  }

  attach(scope: FoldedScope): void {
    this.scopes.add(scope);
    this.wake();
  }

  detach(scope: FoldedScope): void {
    this.scopes.delete(scope);
  }

  /** There may be something new, or a scope takes events again. */
  wake(): void {
    this.woken = true;
    this.wakeUp?.();
  }

  /** Retention has let go of what stood before. */
  retainedFrom(first: number): void {
    if (first <= this.oldest) return;
    this.oldest = first;
    this.wake();
  }

  /**
   * Resolves when the users of this partition are folded up to all that stood in the log at the time of the call, with the position.
   * All who ask before a reading begins share it. Rejects after `withinMs`, or when the users are not folded here any more.
   */
  caughtUp(withinMs: number): Promise<number> {
    if (this.ending.signal.aborted) return Promise.reject(new Error('closed'));
    return new Promise((resolve, reject) => {
      this.waiters.push({ round: this.rounds, resolve, reject, until: performance.now() + withinMs });
      this.endGathering?.();
      this.wake();
    });
  }

  /** Ends those who have waited too long. */
  expire(): void {
    const now = performance.now();
    for (const late of this.waiters.filter(({ until }) => until < now)) late.reject(new Error('took too long'));
    this.waiters = this.waiters.filter(({ until }) => until >= now);
  }

  async close(): Promise<void> {
    this.ending.abort();
    this.endGathering?.();
    this.wake();
    await this.loop;
    for (const { reject } of this.waiters.splice(0)) reject(new Error('closed'));
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    const backoff = new Backoff(20, 1_000);
    while (!signal.aborted) {
      if (!this.woken) await new Promise<void>((resolve) => (this.wakeUp = resolve));
      this.wakeUp = null;
      this.woken = false;
      try {
        if (await this.round()) this.woken = true;
        else await this.gather();
        backoff.reset();
      } catch (error) {
        if (error instanceof LogError && error.code === 'closed') return;
        this.woken = true;
        this.options.trouble(error);
        await pause(backoff.next(Math.random()), signal);
      }
      await nextTurn();
    }
  }

  private async gather(): Promise<void> {
    if (this.waiters.length > 0 || this.ending.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.endGathering?.(), GATHER_MS);
      this.endGathering = () => {
        clearTimeout(timer);
        this.endGathering = null;
        resolve();
      };
    });
  }

  /** Reads once for each place where scopes stand. True if there is more. */
  private async round(): Promise<boolean> {
    const round = ++this.rounds;
    const served = new Set<FoldedScope>();
    let more = false;
    for (;;) {
      const ready = [...this.scopes].filter((scope) => scope.takes(this.partition) && !served.has(scope));
      if (ready.length === 0 || this.ending.signal.aborted) return more;
      const stretch = await this.read(this.next(ready));
      if (!stretch.reachedEnd) more = true;
      const taking = ready.filter((scope) => this.follows(scope, stretch));
      for (const scope of taking) served.add(scope);
      if (taking.some(isUsers)) this.report(stretch);
      await this.foldAll(taking, this.options.route(stretch), round);
    }
  }

  /** The users first: somebody may wait for them. Then whoever is farthest behind. */
  private next(ready: readonly FoldedScope[]): number {
    const users = ready.find(isUsers);
    return users ? users.position(this.partition) : Math.min(...ready.map((scope) => scope.position(this.partition)));
  }

  private follows(scope: FoldedScope, { after, through }: Stretch): boolean {
    const position = scope.position(this.partition);
    return position === after || (position > after && position < through);
  }

  private async read(after: number): Promise<Stretch> {
    const { log, partition, decode } = this.options;
    const stretch = await readStretch(log, partition, after, STRETCH_BYTES, decode);
    const gone = this.oldest - 1;
    if (stretch.through > after || gone <= after) return stretch;
    return { ...stretch, through: gone, trimmed: gone - after };
  }

  private report(stretch: Stretch): void {
    if (stretch.trimmed > 0 || stretch.damaged.length > 0) this.options.missing(stretch);
  }

  private async foldAll(taking: readonly FoldedScope[], stretch: RoutedStretch, round: number): Promise<void> {
    const folding: Promise<void>[] = [];
    for (const scope of taking) {
      const under = scope.fold(stretch);
      if (under) folding.push(under.then(() => this.tell(scope, stretch, round)));
      else this.tell(scope, stretch, round);
    }
    if (folding.length === 0) return;
    const all = Promise.all(folding);
    if (!(await isDoneWithin(all, ROUND_MS))) void all.catch(this.options.trouble).then(() => this.wake());
  }

  /** The scope took the stretch, or could not. */
  private tell(scope: FoldedScope, stretch: RoutedStretch, round: number): void {
    const isThere = scope.position(this.partition) >= stretch.through;
    if (isUsers(scope) && stretch.reachedEnd && isThere) this.serve(round, stretch.through);
  }

  private serve(round: number, position: number): void {
    for (const waiter of this.waiters) if (waiter.round < round) waiter.resolve(position);
    this.waiters = this.waiters.filter((waiter) => waiter.round >= round);
  }
}

function isDoneWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms);
    work.then(() => resolve(true), reject).finally(() => clearTimeout(timer));
  });
}

function isUsers({ scope }: FoldedScope): boolean {
  return scope.kind === 'users';
}
