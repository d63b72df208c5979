/** A feature store, a groups' store and a log as one processor sees them: they fail, answer late, stand still, or are gone with it. */
import type { GroupStore } from '../../../server/consumer/port.ts';
import { StoreError } from '../../../server/features/error.ts';
import type { FeatureStore, ScopeCommit } from '../../../server/features/port.ts';
import { LogError } from '../../../server/log/error.ts';
import type { EventLog } from '../../../server/log/port.ts';
import type { Random } from '../../model/random.ts';

/**
 * `well`: they answer. `frozen`: nothing is answered until it goes on, as when the process stands still. `dead`: nothing gets through any
 * more but what was on its way.
 */
export type Health = 'well' | 'frozen' | 'dead';

/** The ways in which a save can fail. */
const SAVES = ['refused', 'lost_before', 'lost_after', 'late'] as const;

export class FaultyEngines {
  health: Health = 'well';
  /** Of 1: how often a call fails. */
  trouble = 0;
  refuseSaves = false;
  /** What stands through it. */
  readonly saved: ScopeCommit[] = [];
  /** The next save ends this way, then everything is dead. */
  dieAtSave: 'before' | 'after' | null = null;
  readonly features: FeatureStore;
  readonly groups: GroupStore;
  readonly log: Pick<EventLog, 'read' | 'state'>;
  private readonly random: Random;
  private thawing: (() => void)[] = [];

  constructor(features: FeatureStore, groups: GroupStore, log: EventLog, random: Random) {
    this.random = random;
    this.features = this.wrap(features, { save: (commit: ScopeCommit) => this.save(features, commit) });
    this.groups = this.wrap(groups, {});
    this.log = {
      read: (...args) =>
        this.through(
          () => log.read(...args),
          () => new LogError('closed', 'dead'),
        ),
      state: () =>
        this.through(
          () => log.state(),
          () => new LogError('closed', 'dead'),
        ),
    };
  }

  thaw(): void {
    if (this.health === 'frozen') this.health = 'well';
    for (const go of this.thawing.splice(0)) go();
  }

  die(): void {
    this.health = 'dead';
    for (const go of this.thawing.splice(0)) go();
  }

  private wrap<T extends object>(engine: T, own: Partial<T>): T {
    return new Proxy(engine, {
      get: (_target, name) => {
        if (name in own) return own[name as keyof T];
        const value = engine[name as keyof T];
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => this.through(() => value.apply(engine, args), dead);
      },
    });
  }

  private async through<T>(work: () => Promise<T>, gone: () => Error): Promise<T> {
    await this.passage(gone);
    if (this.random.chance(this.trouble)) throw new StoreError('unavailable', 'not now');
    const result = await work();
    await this.onTheWay();
    await this.passage(gone);
    return result;
  }

  /** Answers take their time, and others go on meanwhile. */
  private async onTheWay(): Promise<void> {
    const ms = this.random.pick([0, 0, 0, 0, 1, 2, 10]);
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Goes on when this process does. */
  private async passage(gone: () => Error): Promise<void> {
    while (this.health === 'frozen') await new Promise<void>((resolve) => this.thawing.push(resolve));
    if (this.health === 'dead') throw gone();
  }

  private async save(features: FeatureStore, commit: ScopeCommit): Promise<'saved' | 'conflict'> {
    await this.passage(dead);
    if (this.refuseSaves) throw new StoreError('unavailable', 'not now');
    if (this.dieAtSave) {
      if (this.dieAtSave === 'after') await features.save(commit);
      this.die();
      throw dead();
    }
    if (!this.random.chance(this.trouble)) {
      await this.onTheWay();
      await this.passage(dead);
      const result = await features.save(commit);
      if (result === 'saved') this.saved.push(commit);
      await this.passage(dead);
      return result;
    }
    const way = this.random.pick(SAVES);
    if (way === 'refused') throw new StoreError('unavailable', 'not now');
    if (way === 'lost_after') await features.save(commit);
    if (way === 'late') setTimeout(() => void features.save(commit), this.random.between(1, 20));
    throw new StoreError('in_doubt', 'no answer');
  }
}

function dead(): Error {
  return new StoreError('closed', 'dead');
}
