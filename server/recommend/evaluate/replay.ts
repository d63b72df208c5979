/**
 * Replays a log in event time: before each click that is not the first of its session, every model predicts it from those before it; then all
 * learn it. Live, so that a model knows what it would have known at that moment; or frozen, where nothing is learned after the split.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { foldSession, newSession } from '../../features/session.ts';
import type { Signal } from '../../features/signal.ts';
import type { SessionState, TasteState } from '../../features/states.ts';
import { foldTaste, newTaste, strongestFirst } from '../../features/taste.ts';
import type { ModelOptions } from '../models/options.ts';
import { TenantModels } from '../models/tenant-models.ts';
import type { ModelName, Query } from '../port.ts';
import { LastItem } from './last-item.ts';
import { type SessionLog, TENANT } from './session-log.ts';
import { type ModelResult, Tally } from './tally.ts';

/** The baseline beside the models; popularity, the other one, is a model of its own. */
export const LAST_ITEM = 'last_item';
export type Contestant = ModelName | typeof LAST_ITEM;

export interface ReplayOptions {
  contestants: readonly Contestant[];
  /** Length of the lists. */
  count: number;
  /** Predictions are scored after this share of the time from the first to the last event, 0 to below 1. */
  from: number;
  /** Learn only what happened before that. */
  frozen: boolean;
  /** `allow`: a track of the session may be predicted again. `hide`: it is not, and a repeat is always a miss. */
  repeats: 'allow' | 'hide';
  models?: Partial<ModelOptions>;
}

export interface Evaluation {
  /** Everything that was replayed, and what of it chose a track. */
  events: number;
  clicks: number;
  sessions: number;
  tracks: number;
  /** ms since 1970 from when on predictions were scored. */
  splitAt: number;
  results: ModelResult[];
  /** Events that the models learned, and how long that took. */
  learned: number;
  learnMs: number;
}

/** How long other things of the process may have to wait, ms. */
const TURN_MS = 50;
const NOBODY: ReadonlySet<string> = new Set();

export class Replay {
  /** Events that are done. */
  done = 0;
  private readonly log: SessionLog;
  private readonly options: ReplayOptions;
  private readonly models: TenantModels;
  private readonly lastItem = new LastItem();
  private readonly tallies: { contestant: Contestant; tally: Tally }[];
  private readonly states = new Map<number, SessionState>();
  private readonly lastTrack = new Map<number, number>();
  private readonly tastes = new Map<string, TasteState>();
  private clicks = 0;
  private learned = 0;
  private learnMs = 0;

  /** The log is sorted. */
  constructor(log: SessionLog, options: ReplayOptions) {
    this.log = log;
    this.options = options;
    this.models = new TenantModels(options.models);
    this.tallies = options.contestants.map((contestant) => ({ contestant, tally: new Tally(contestant) }));
  }

  /** Stops early when aborted; the results are then of what was replayed. */
  async run(signal?: AbortSignal): Promise<Evaluation> {
    const { log, options } = this;
    const first = log.size > 0 ? log.time(0) : 0;
    const last = log.size > 0 ? log.time(log.size - 1) : 0;
    const splitAt = first + options.from * (last - first);
    for (let turnedAt = performance.now(); this.done < log.size && !signal?.aborted; this.done++) {
      this.step(this.done, log.time(this.done) >= splitAt);
      if (performance.now() - turnedAt < TURN_MS) continue;
      await turn();
      turnedAt = performance.now();
    }
    return {
      events: this.done,
      clicks: this.clicks,
      sessions: log.sessionCount,
      tracks: log.tracks.size,
      splitAt,
      results: this.tallies.map(({ tally }) => tally.result(log.tracks.size)),
      learned: this.learned,
      learnMs: this.learnMs,
    };
  }

  private step(n: number, scored: boolean): void {
    const signal = this.log.signal(n);
    const session = this.log.session(n);
    const state = this.stateOf(session);
    const isClick = state !== null && choosesTrack(signal, state);
    if (isClick) this.clicks++;
    if (scored && isClick && state.underWay.items.length > 0) this.predict(signal, session, state);
    if (!scored || !this.options.frozen) this.learn(signal, n, isClick ? session : -1);
    if (isClick) this.lastTrack.set(session, this.log.track(n));
    this.fold(signal, state);
  }

  private predict(signal: Signal, session: number, state: SessionState): void {
    const query = this.queryFor(signal, state);
    for (const { contestant, tally } of this.tallies) {
      const began = performance.now();
      const list =
        contestant === LAST_ITEM
          ? this.predictLastItem(session, query)
          : this.models.predict(contestant, query).tracks.map(({ track_id }) => track_id);
      tally.add(list, signal.track, performance.now() - began);
    }
  }

  private queryFor({ user, at }: Signal, { underWay: { items } }: SessionState): Query {
    const taste = this.tastes.get(user);
    return {
      tenant: TENANT,
      at,
      session: items,
      artists: taste ? strongestFirst(taste.artists, at) : [],
      genres: taste ? strongestFirst(taste.genres, at) : [],
      exclude: this.options.repeats === 'hide' ? new Set(items.map(({ track }) => track)) : NOBODY,
      count: this.options.count,
    };
  }

  private predictLastItem(session: number, { exclude, count }: Query): string[] {
    const { tracks } = this.log;
    const allows = (track: number): boolean => !exclude.has(tracks.text(track));
    return this.lastItem.predict(this.lastTrack.get(session)!, count, allows).map((track) => tracks.text(track));
  }

  /** `session` is -1 where the signal is no click. */
  private learn(signal: Signal, n: number, session: number): void {
    const last = this.lastTrack.get(session);
    if (last !== undefined) this.lastItem.learn(last, this.log.track(n));
    const began = performance.now();
    this.models.learnSignal(signal);
    this.learnMs += performance.now() - began;
    this.learned++;
  }

  private fold(signal: Signal, state: SessionState | null): void {
    const { tenant, user, at, track, artist, genre } = signal;
    const activity = { tenant, user, group: '', at, signal, track, artist, genre, amounts: [] };
    if (state !== null) foldSession(state, activity);
    if (!this.log.hasAttributes) return;
    const taste = this.tastes.get(user) ?? newTaste();
    this.tastes.set(user, taste);
    foldTaste(taste, activity);
  }

  private stateOf(session: number): SessionState | null {
    if (session < 0) return null;
    const known = this.states.get(session);
    if (known !== undefined) return known;
    const state = newSession();
    this.states.set(session, state);
    return state;
  }
}

/** Whether the listener moved on to this track: a play, or the end of one whose beginning was not told. */
function choosesTrack({ kind, track }: Signal, { underWay: { items } }: SessionState): boolean {
  if (kind === 'play') return true;
  if (kind !== 'listen' && kind !== 'complete' && kind !== 'skip') return false;
  return !items.some((item) => item.track === track);
}
