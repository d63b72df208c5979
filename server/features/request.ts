/** A lookup of features: what is asked and what is answered. Plain data, since it crosses threads. Times are ms since 1970. */

/** Which entity a row speaks of: a view takes the ids that it needs (`user_artist` needs `user` and `artist`). */
export interface EntityRow {
  user?: string;
  track?: string;
  artist?: string;
  genre?: string;
  model?: string;
}

export interface FeatureRequest {
  tenant: string;
  /** References `view:feature`, or `view:*` for all of a view. */
  features: readonly string[];
  rows: readonly EntityRow[];
  /** As of when decayed and windowed values are read; default: now. */
  at?: number;
  /** Values whose last event is older than this are `outside_max_age`. */
  maxAgeMs?: number;
}

/** `null`: the entity is known, but the value has no answer (a rate without plays). */
export type FeatureStatus = 'present' | 'null' | 'not_found' | 'outside_max_age';

export interface FeatureValue {
  status: FeatureStatus;
  /** A number, a list or a map, as the definition says; only where `present`. */
  value?: unknown;
  /** Event time of the last event that changed it. */
  at?: number;
}

export interface FeatureAnswer {
  /** The references, `*` written out. */
  features: string[];
  at: number;
  /** By row, then by feature. */
  rows: FeatureValue[][];
}

/** Thrown for a request that names what there is not. */
export class FeatureRequestError extends Error {
  override readonly name = 'FeatureRequestError';
  readonly code: 'unknown_feature' | 'missing_entity';

  constructor(code: 'unknown_feature' | 'missing_entity', message: string) {
    super(message);
    this.code = code;
  }
}
