/**
 * Folds one scope and keeps it in storage. Three rules make it exactly once:
 *
 * 1. An event is folded only where it follows the position up to which the scope is folded, and moves that position in the same step.
 * 2. A commit holds every record that changed together with the positions, all as they were at one moment.
 * 3. What memory holds is thrown away when a commit conflicts, or a fold fails midway: it begins again from what storage has.
 */
import type { RecordKey, Scope } from '../features/port.ts';
import { samePositions } from '../features/positions.ts';
import { pause } from '../ingest/pause.ts';
import { CarefulFold } from './careful-fold.ts';
import { commitSurely, patiently } from './commit.ts';
import type { Projection } from './projection.ts';
import { type MemoryRecord, Records } from './records.ts';
import { eventsOf, type Fold, type RoutedEvent, type RoutedStretch } from './route.ts';
import { SaveTimer } from './save-timer.ts';
import type { ScopeOptions } from './scope-options.ts';
import { Turns } from './turns.ts';

/** `loading`: takes nothing, asks storage where it stands. `folding`: in order. `closed`: for good. */
export type ScopeState = 'loading' | 'folding' | 'closed';

/** A record's key, and who knows how it is encoded. */
export type Wanted = { projection: Pick<Projection, 'codec'> } & Pick<Fold, 'keys'>;

/** That many events are not let wait for more. */
const SAVE_EVENTS = 2_000;
/** Beyond that many events in memory alone nothing more is taken. */
const MAX_UNSAVED = 10_000;
/** Positions that moved past what changed nothing are saved this much later than changes. */
const QUIET_FACTOR = 10;
const BROKEN_PAUSE_MS = 1_000;

export class FoldedScope {
  readonly scope: Scope;
  state: ScopeState = 'loading';
  private readonly options: ScopeOptions;
  private readonly records: Records;
  private readonly careful = new CarefulFold();
  /** By source: up to where storage has it, and up to where memory has it. */
  private applied: number[];
  private folded: number[];
  private readonly ending = new AbortController();
  /** Of those who use the records. Only saving does not wait. */
  private readonly turns = new Turns();
  private saving: Promise<void> | null = null;
  private recovering: Promise<void> = Promise.resolve();
  private readonly timer = new SaveTimer(() => this.save());
  /** Partitions that it is taking events of. */
  private readonly busy = new Set<number>();

  constructor(options: ScopeOptions) {
    this.options = options;
    this.scope = options.scope;
    this.records = new Records(options.cacheBytes);
    const sources = this.scope.kind === 'users' ? 1 : options.partitions;
    this.applied = new Array<number>(sources).fill(0);
    this.folded = [...this.applied];
  }

  /** What it is folded from. */
  get partitions(): number[] {
    return this.scope.kind === 'users' ? [this.scope.number] : [...this.folded.keys()];
  }

  /** Up to which position of a partition everything is folded in memory. */
  position(partition: number): number {
    return this.folded[this.source(partition)]!;
  }

  /** Whether it takes events of the partition now. */
  takes(partition: number): boolean {
    return this.state === 'folding' && !this.busy.has(partition) && this.unsaved < MAX_UNSAVED;
  }

  private source(partition: number): number {
    return this.scope.kind === 'users' ? 0 : partition;
  }

  private get unsaved(): number {
    let unsaved = 0;
    for (let i = 0; i < this.folded.length; i++) unsaved += Math.max(0, this.folded[i]! - this.applied[i]!);
    return unsaved;
  }

  private get allSaved(): boolean {
    return samePositions(this.applied, this.folded);
  }

  /** Asks storage where it stands; what only memory had is forgotten. Resolves when it takes events, or is closed. */
  async load(): Promise<void> {
    if (this.state !== 'closed') this.state = 'loading';
    await this.turns.take(async () => {
      await this.saving;
      if (this.state !== 'loading') return;
      const applied = await this.ask(() => this.options.store.applied(this.scope, this.applied.length));
      if (!applied) return this.close();
      if (this.state !== 'loading') return;
      this.records.clear();
      this.applied = applied;
      this.folded = [...applied];
      this.state = 'folding';
      this.options.handlers.ready();
    });
  }

  /** Where the log ends before what was folded: the next events are folded from its end on. */
  async endsAt(partition: number, last: number): Promise<void> {
    await this.turns.take(async () => {
      if (this.state === 'folding') this.folded[this.source(partition)] = Math.min(this.position(partition), last);
    });
    this.saveSoon();
  }

  /**
   * Folds what it does not have of a stretch: here and now where all it takes is in memory, and then answers nothing. Nothing happens where
   * the stretch does not follow what it has.
   */
  fold(stretch: RoutedStretch): Promise<void> | undefined {
    const { partition } = stretch;
    const done = () => {
      this.busy.delete(partition);
      this.saveSoon();
    };
    this.busy.add(partition);
    let folding: Promise<void> | undefined;
    try {
      folding = this.turns.take(() => this.foldNew(stretch));
    } finally {
      if (!folding) done();
    }
    return folding?.finally(done);
  }

  private foldNew(stretch: RoutedStretch): Promise<void> | undefined {
    const from = this.position(stretch.partition);
    if (this.state !== 'folding' || stretch.after > from || stretch.through <= from) return;
    const all = eventsOf(stretch, this.scope);
    const events = from === stretch.after ? all : all.filter(({ consumed }) => consumed.position > from);
    const absent = new Set<MemoryRecord>();
    const records = events.map(({ folds }) => this.recordsOf(folds, absent));
    if (absent.size > 0) return this.fillAndFold(absent, events, records, stretch);
    return this.foldAll(events, records, stretch);
  }

  private async fillAndFold(absent: ReadonlySet<MemoryRecord>, ...work: Parameters<FoldedScope['foldAll']>) {
    if (await this.fill(absent)) await this.foldAll(...work);
  }

  private foldAll(
    events: readonly RoutedEvent[],
    records: readonly MemoryRecord[][],
    stretch: RoutedStretch,
    begin = 0,
    groups = new Set<string>(),
  ): Promise<void> | undefined {
    const source = this.source(stretch.partition);
    for (let i = begin; i < events.length; i++) {
      const event = events[i]!;
      const outcome = this.careful.fold(event, records[i]!);
      if (outcome.is === 'spoilt') return void this.load();
      if (outcome.is === 'failed') {
        return this.poison(event, outcome.error, () => this.foldAll(events, records, stretch, i, groups));
      }
      this.folded[source] = event.consumed.position;
      if (outcome.is !== 'folded') continue;
      let before = '';
      for (const record of records[i]!) {
        this.records.markChanged(record);
        // Most are of the event's listener.
        const { group } = record.key;
        if (group !== before) groups.add(group);
        before = group;
      }
    }
    this.folded[source] = stretch.through;
    if (events.length > 0) this.options.handlers.folded(events.length, groups);
    this.records.trim();
  }

  /** Nothing of the event is in memory, and its position is not passed: a save may well happen meanwhile. */
  private async poison(event: RoutedEvent, error: unknown, goOn: () => Promise<void> | undefined): Promise<void> {
    await this.ask(() => this.options.handlers.poison(event.consumed, error));
    if (this.state !== 'folding') return;
    this.careful.leaveOut(event);
    await goOn();
  }

  /** The states of records; null while it is loading, or has not folded the partition up to `position`. */
  async states(wanted: readonly Wanted[], partition: number, position: number): Promise<unknown[] | null> {
    return this.turns.take(async () => {
      if (this.state !== 'folding' || this.position(partition) < position) return null;
      const absent = new Set<MemoryRecord>();
      const records = this.recordsOf(wanted, absent);
      const states = (await this.fill(absent)) ? records.map(({ state }) => state) : null;
      this.records.trim();
      return states;
    });
  }

  /** In the order of what is wanted; those that are not in memory are added to `absent`. */
  private recordsOf(wanted: readonly Wanted[], absent: Set<MemoryRecord>): MemoryRecord[] {
    const records: MemoryRecord[] = [];
    for (const { projection, keys } of wanted) {
      for (const key of keys) {
        const record = this.records.get(key, projection);
        if (record.absent) absent.add(record);
        records.push(record);
      }
    }
    return records;
  }

  /** Loads what is absent. False where the scope does not fold (any more). */
  private async fill(absent: ReadonlySet<MemoryRecord>): Promise<boolean> {
    if (absent.size > 0) {
      const records = [...absent];
      const keys: RecordKey[] = records.map(({ key }) => key);
      const loaded = await this.ask(() => this.options.store.load(this.scope, keys));
      if (!loaded) return false;
      for (const [i, record] of records.entries()) this.records.fill(record, loaded[i]!);
    }
    return this.state === 'folding';
  }

  private saveSoon(): void {
    if (this.state !== 'folding' || this.saving || this.allSaved) return;
    if (this.unsaved >= SAVE_EVENTS) return this.save();
    this.timer.set(this.options.saveMs * (this.records.hasChanges ? 1 : QUIET_FACTOR));
  }

  private save(): void {
    this.timer.clear();
    if (this.state !== 'folding' || this.saving || this.allSaved) return;
    this.saving = this.commit().then((outcome) => {
      this.saving = null;
      if (outcome === 'saved') this.saveSoon();
      else if (outcome === 'abandoned') this.close();
      else this.recovering = this.recover(outcome);
    });
  }

  /** `broken`: a record could not be encoded. */
  private async commit(): Promise<'saved' | 'abandoned' | 'conflict' | 'broken'> {
    const { store, handlers } = this.options;
    const next = [...this.folded];
    let taken: ReturnType<Records['takeChanges']>;
    try {
      taken = this.records.takeChanges();
    } catch (error) {
      handlers.trouble(error);
      return 'broken';
    }
    const { changes, saved } = taken;
    const commit = { scope: this.scope, expected: [...this.applied], next, changes };
    const outcome = await commitSurely(store, commit, this.ending.signal, handlers.trouble);
    if (outcome !== 'saved') return outcome;
    saved();
    this.applied = next;
    for (const partition of this.partitions) this.careful.forget(partition, next[this.source(partition)]!);
    handlers.saved(new Set(changes.map(({ group }) => group)));
    handlers.ready();
    return outcome;
  }

  private async recover(why: 'conflict' | 'broken'): Promise<void> {
    if (this.state === 'closed') return;
    this.state = 'loading';
    if (why === 'broken') await pause(BROKEN_PAUSE_MS, this.ending.signal);
    else if (!(await this.options.handlers.conflict())) return this.close();
    await this.load();
  }

  /** Saves what is folded. Resolves when it is in storage, or the scope is closed. Nobody should fold meanwhile. */
  async flush(): Promise<void> {
    while (this.state !== 'closed') {
      await this.recovering;
      await this.turns.take(async () => {});
      if (this.state === 'folding' && this.allSaved) return;
      this.save();
      await this.saving;
    }
  }

  /** What is not in storage is forgotten; whoever owns the scope next folds it again. */
  close(): void {
    this.state = 'closed';
    this.ending.abort();
    this.timer.clear();
    this.records.clear();
  }

  private ask<T>(work: () => Promise<T>): Promise<T | null> {
    return patiently(work, this.ending.signal, this.options.handlers.trouble);
  }
}
