/**
 * The aggregates of one user, track, artist, genre, pair of them, or of everything: for each metric its total, decayed sums and tiles,
 * and when and on what was played. The order of events does not matter, but for the rounding of decayed sums.
 */
import type { Activity } from './activity.ts';
import { remaining } from './decay.ts';
import { HALF_LIVES, METRICS, metricNumber } from './metrics.ts';
import { addToTiles, newTiles, type Tiles } from './tiles.ts';

export interface Tally {
  /** Event time of its latest event, ms since 1970: the decayed sums are as of then, and the rows end there. */
  at: number;
  /** In parts of the metric's unit, as are the decayed sums. */
  total: number;
  /** One for each of `HALF_LIVES`. */
  decayed: number[];
  /** Only of metrics that count. */
  tiles: Tiles | null;
}

export interface Aggregate {
  /** How many were folded; the times mean nothing at 0. */
  events: number;
  /** Event times of the first and last, ms since 1970. */
  firstAt: number;
  lastAt: number;
  /** By the metric's number; null before its first event. */
  tallies: (Tally | null)[];
  /** Plays by hour of the day (UTC); null before the first. */
  hours: number[] | null;
  /** Plays by kind of device. */
  devices: Map<string, number>;
}

/** Kinds of devices are few unless a client makes them up. */
export const DEVICES_MAX = 16;
const OTHER_DEVICES = 'other';
const HOUR = 3_600_000;
const PLAYS = metricNumber('plays');

export function newAggregate(): Aggregate {
  return { events: 0, firstAt: 0, lastAt: 0, tallies: METRICS.map(() => null), hours: null, devices: new Map() };
}

/** `pairs`: only what is kept of a user with an artist or genre. */
export function foldAggregate(aggregate: Aggregate, activity: Activity, pairs = false): void {
  const { at, amounts, device } = activity;
  aggregate.firstAt = aggregate.events === 0 ? at : Math.min(aggregate.firstAt, at);
  aggregate.lastAt = Math.max(aggregate.lastAt, at);
  aggregate.events++;
  for (const { metric, parts } of amounts) {
    const { counts, paired } = METRICS[metric]!;
    if (pairs && !paired) continue;
    let tally = aggregate.tallies[metric] ?? null;
    if (tally === null) {
      tally = newTally(counts);
      aggregate.tallies[metric] = tally;
    }
    addToTally(tally, at, parts);
    if (metric === PLAYS) addPlay(aggregate, at, device);
  }
}

/** For a metric that counts, or that sums up. */
export function newTally(counts: boolean): Tally {
  return { at: -1, total: 0, decayed: HALF_LIVES.map(() => 0), tiles: counts ? newTiles() : null };
}

export function newHours(): number[] {
  return new Array<number>(24).fill(0);
}

function addToTally(tally: Tally, at: number, parts: number): void {
  if (tally.tiles) addToTiles(tally.tiles, tally.at, at, parts);
  tally.total += parts;
  addToDecayed(tally, at, parts);
  if (at > tally.at) tally.at = at;
}

/** `addDecayed` for all half-lives of a tally. */
function addToDecayed({ at: latest, decayed }: Tally, at: number, parts: number): void {
  if (latest < 0 || at === latest) {
    for (let i = 0; i < decayed.length; i++) decayed[i]! += parts;
  } else if (at > latest) {
    for (let i = 0; i < decayed.length; i++)
      decayed[i] = decayed[i]! * remaining(at - latest, HALF_LIVES[i]!.ms) + parts;
  } else {
    for (let i = 0; i < decayed.length; i++) decayed[i]! += parts * remaining(latest - at, HALF_LIVES[i]!.ms);
  }
}

function addPlay(aggregate: Aggregate, at: number, device: string | undefined): void {
  aggregate.hours ??= newHours();
  aggregate.hours[Math.floor(at / HOUR) % 24]! += 1;
  if (device === undefined) return;
  const { devices } = aggregate;
  const name = devices.has(device) || devices.size < DEVICES_MAX - 1 ? device : OTHER_DEVICES;
  devices.set(name, (devices.get(name) ?? 0) + 1);
}
