/** What is asked of recommendations and what is answered, and the port of the models. Times are ms since 1970. */
import type { ConsumedEvent } from '../processor/projection.ts';

/** `blend` is the default, `popularity` what is left when nothing else can answer. */
export const MODELS = ['blend', 'session_knn', 'cooccurrence', 'popularity', 'content', 'preference'] as const;
export type ModelName = (typeof MODELS)[number];

export interface RecommendationFilters {
  artist?: readonly string[];
  genre?: readonly string[];
  /** Tracks that must not be in the list. */
  exclude?: readonly string[];
  /** `hide` (default): nothing that was played in this session; `allow`: also what was played. */
  seen?: 'hide' | 'allow';
}

export interface RecommendationContext {
  source?: string;
  device?: string;
  playlist?: string;
}

export interface RecommendationRequest {
  tenant: string;
  userId: string;
  /** 1 to 100; default 20. */
  count: number;
  model: ModelName;
  /** The same one gives the same list, as long as the user's last 32 lists reach back. */
  requestId?: string;
  filters?: RecommendationFilters;
  context?: RecommendationContext;
  /** Tracks like this one, instead of what fits the session. */
  similarTo?: string;
}

export interface RecommendedTrack {
  track_id: string;
  score: number;
  artist?: string;
  genre?: string;
}

/** A list as the feed and HTTP give it. */
export interface RecommendationList {
  recommendation_id: string;
  request_id?: string;
  user_id: string;
  model: ModelName;
  at: number;
  tracks: RecommendedTrack[];
  /** 0 to 1: how much the models knew to base it on. */
  confidence: number;
  /** Not from the models that were asked for: what is popular, because nothing else could answer in time. */
  degraded?: true;
}

/** What the models are told of the listener; the caller has it from the user's own records, up to the last event. */
export interface Query {
  tenant: string;
  at: number;
  /** Tracks of the session, oldest first, at most 50; each with how much it was liked: 1 played, 0 skipped early. */
  session: readonly { track: string; at: number; weight: number }[];
  /** Decayed weights, strongest first; negative for what is avoided. */
  artists: readonly (readonly [name: string, weight: number])[];
  genres: readonly (readonly [name: string, weight: number])[];
  /** Tracks that must not come back: disliked, skipped early, played in this session, excluded. */
  exclude: ReadonlySet<string>;
  filters?: Pick<RecommendationFilters, 'artist' | 'genre'>;
  similarTo?: string;
  count: number;
}

export interface Prediction {
  /** Best first, no track twice, none of `exclude`. Scores are positive and only comparable within a list. */
  tracks: RecommendedTrack[];
  confidence: number;
}

/** A model learns from events as they come, and predicts at any time. Everything of one tenant only. Not safe for two threads. */
export interface Model {
  readonly name: ModelName;
  learn(consumed: ConsumedEvent): void;
  predict(query: Query): Prediction;
  /** Bytes of its own structures. */
  memoryBytes(): number;
}
