/**
 * What a listener prefers: `TasteState` of states.ts. Each play that ended and each rating adds a weight to the track's artist and genre,
 * which decays with a half-life of 30 days. A list that is full drops its weakest quarter, so that newcomers have room to grow.
 */
import type { Activity } from './activity.ts';
import { addDecayed, decayedAt } from './decay.ts';
import { HALF_LIVES, type MetricName } from './metrics.ts';
import { type RecordReader, recordCodec } from './record-bytes.ts';
import type { SignalKind } from './signal.ts';
import type { TasteState, Weight } from './states.ts';

export const TASTE_HALF_LIFE_MS = HALF_LIVES[3].ms;
export const TASTE_MAX = 64;
const TASTE_KEPT = 48;
export const DISLIKED_MAX = 200;

/** What people do says less than what they say, and leaving early less than staying: a dislike outweighs three completed plays. */
export const AFFINITY = {
  skips: -0.5,
  listens: 0.5,
  completions: 1,
  likes: 2,
  dislikes: -3,
} as const satisfies Partial<Record<MetricName, number>>;

const SIGNAL_WEIGHTS: Partial<Record<SignalKind, number>> = {
  skip: AFFINITY.skips,
  listen: AFFINITY.listens,
  complete: AFFINITY.completions,
  like: AFFINITY.likes,
  dislike: AFFINITY.dislikes,
};

export function newTaste(): TasteState {
  return { artists: new Map(), genres: new Map(), disliked: new Map() };
}

/** Whether the activity changes anybody's taste. */
export function concernsTaste({ signal, artist, genre }: Activity): boolean {
  if (signal === null || SIGNAL_WEIGHTS[signal.kind] === undefined) return false;
  return artist !== undefined || genre !== undefined || signal.kind === 'like' || signal.kind === 'dislike';
}

export function foldTaste(state: TasteState, { at, signal, artist, genre }: Activity): void {
  const weight = signal && SIGNAL_WEIGHTS[signal.kind];
  if (!weight) return;
  if (artist !== undefined) prefer(state.artists, artist, weight, at);
  if (genre !== undefined) prefer(state.genres, genre, weight, at);
  if (signal.kind === 'like') state.disliked.delete(signal.track);
  else if (signal.kind === 'dislike') dislike(state.disliked, signal.track, at);
}

/** Weights as of `at`, the highest first. */
export function strongestFirst(weights: ReadonlyMap<string, Weight>, at: number): [name: string, weight: number][] {
  return [...weights]
    .map(([name, weight]): [string, number] => [name, decayedAt(weight, at, TASTE_HALF_LIFE_MS)])
    .sort(([, a], [, b]) => b - a);
}

function prefer(weights: Map<string, Weight>, name: string, amount: number, at: number): void {
  const weight = weights.get(name);
  if (weight) return addDecayed(weight, amount, at, TASTE_HALF_LIFE_MS);
  if (weights.size >= TASTE_MAX) dropWeakest(weights);
  weights.set(name, { value: amount, at });
}

function dropWeakest(weights: Map<string, Weight>): void {
  const ranked = [...weights].map(([name, weight]) => ({ name, strength: strength(weight) }));
  ranked.sort((a, b) => b.strength - a.strength);
  for (const { name } of ranked.slice(TASTE_KEPT)) weights.delete(name);
}

/** The logarithm of what the absolute weight is at a time that is the same for all; does not underflow. */
function strength({ value, at }: Weight): number {
  return value === 0 ? Number.NEGATIVE_INFINITY : Math.log2(Math.abs(value)) + at / TASTE_HALF_LIFE_MS;
}

/** The map stands in the order in which dislikes came in. */
function dislike(disliked: Map<string, number>, track: string, at: number): void {
  disliked.delete(track);
  disliked.set(track, at);
  if (disliked.size > DISLIKED_MAX) disliked.delete(disliked.keys().next().value!);
}

/**
 * As bytes, numbers as varints unless said: version 1; for artists and then genres how many, and of each its name, event time and weight
 * (float64); how many disliked tracks, and of each its name and event time.
 */
export const tasteCodec = recordCodec<TasteState>(
  1,
  newTaste,
  ({ artists, genres, disliked }, out) => {
    for (const weights of [artists, genres]) {
      out.varint(weights.size);
      for (const [name, { value, at }] of weights) {
        out.text(name);
        out.varint(at);
        out.float64(value);
      }
    }
    out.varint(disliked.size);
    for (const [track, at] of disliked) {
      out.text(track);
      out.varint(at);
    }
  },
  (from) => ({
    artists: readWeights(from),
    genres: readWeights(from),
    disliked: readDisliked(from),
  }),
);

function readWeights(from: RecordReader): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (let left = from.upTo(TASTE_MAX, 'number of names'); left > 0; left--) {
    const name = from.text();
    const at = from.varint();
    weights.set(name, { at, value: from.number() });
  }
  return weights;
}

function readDisliked(from: RecordReader): Map<string, number> {
  const disliked = new Map<string, number>();
  for (let left = from.upTo(DISLIKED_MAX, 'number of tracks'); left > 0; left--) {
    const track = from.text();
    disliked.set(track, from.varint());
  }
  return disliked;
}
