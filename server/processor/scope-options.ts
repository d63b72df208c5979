/** What a scope is folded with, and what it tells. */
import type { FeatureStore, Scope } from '../features/port.ts';
import type { ConsumedEvent } from './projection.ts';

export interface ScopeHandlers {
  /** It takes events (again). */
  ready(): void;
  /** Groups that were changed in memory. */
  folded(events: number, groups: ReadonlySet<string>): void;
  /** Groups whose changes are in storage. */
  saved(groups: ReadonlySet<string>): void;
  /** Resolves when the event that cannot be folded is kept elsewhere. Where it rejects it is called again. */
  poison(consumed: ConsumedEvent, error: unknown): Promise<void>;
  /** Somebody else saved. False where the scope is not ours any more. */
  conflict(): Promise<boolean>;
  /** Storage did not answer as it should; it is asked again. */
  trouble(error: unknown): void;
}

export interface ScopeOptions {
  scope: Scope;
  /** Partitions of the log. */
  partitions: number;
  store: FeatureStore;
  handlers: ScopeHandlers;
  /** How many bytes of records stay in memory, about. */
  cacheBytes: number;
  /** How long changes wait for more before they are saved, ms. */
  saveMs: number;
}
