/** What the models can be told. Times are ms. `docs/RECOMMENDATIONS.md` says how the defaults were found. */
import type { ModelName } from '../port.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface KnnOptions {
  /** m: an item's posting list holds this many of its sessions, the most recent. Costs 4 bytes each. */
  postings: number;
  /** k: so many of the most similar sessions have a say. */
  neighbours: number;
  /** How many of the session's last different tracks are looked up. Prediction time goes with it. */
  lookback: number;
  /** The track n before the last one counts `positionDecay`^n. */
  positionDecay: number;
  /** A neighbour's track n away from where it meets the session counts `distanceDecay`^n; 1: wherever it stands. */
  distanceDecay: number;
  /** What tracks before the meeting point count of those after it, 0 to 1. */
  backwards: number;
  /** A session counts half after this time. */
  halfLifeMs: number;
  /** Exponent of the inverse session frequency: 0 ignores how common a track is. */
  rarity: number;
}

export interface CooccurrenceOptions {
  /** The most successors that are kept of a track. Costs up to 8 bytes each. */
  successors: number;
  /** How many tracks ahead still count as followed by. */
  window: number;
  /** The n-th track ahead counts `distanceDecay`^(n-1). */
  distanceDecay: number;
  /** What a track counts as successor of the ones that came after it, 0 to 1. */
  backwards: number;
  /** How many of the session's last different tracks are looked up. */
  lookback: number;
  /** The track n before the last one counts `positionDecay`^n. */
  positionDecay: number;
  halfLifeMs: number;
}

/** How the scores of the models are put together: shares of the list's score before they are normalised. */
export type BlendWeights = Record<Exclude<ModelName, 'blend'> | 'walk' | 'return', number>;

export interface ModelOptions {
  /** The most sessions that are kept of a tenant; the oldest go. */
  maxSessions: number;
  /** The most tracks of a tenant; beyond, the quarter that was played least of late goes. */
  maxTracks: number;
  /** A session that has so many tracks goes on as a new one. At most 255. */
  maxSessionTracks: number;
  /** A play counts half after this time for what is popular. */
  popularityHalfLifeMs: number;
  knn: KnnOptions;
  cooccurrence: CooccurrenceOptions;
  blend: BlendWeights;
}

export const DEFAULT_OPTIONS: ModelOptions = {
  maxSessions: 1_000_000,
  maxTracks: 1_000_000,
  maxSessionTracks: 64,
  popularityHalfLifeMs: 3 * DAY_MS,
  knn: {
    postings: 256,
    neighbours: 128,
    lookback: 10,
    positionDecay: 0.75,
    distanceDecay: 0.8,
    backwards: 0.7,
    halfLifeMs: 30 * DAY_MS,
    rarity: 0.5,
  },
  cooccurrence: {
    successors: 32,
    window: 5,
    distanceDecay: 0.6,
    backwards: 0.6,
    lookback: 5,
    positionDecay: 0.5,
    halfLifeMs: 14 * DAY_MS,
  },
  blend: { session_knn: 1, cooccurrence: 0.5, walk: 0.6, return: 2.5, content: 1, preference: 0.02, popularity: 0.001 },
};
