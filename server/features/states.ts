/**
 * Records of a user that others than the features read: fields of the user's group in its users scope.
 *
 *   features          aggregates of the user            session    the session under way (SessionState)
 *   artist\0<name>    of the user and an artist         taste      what the user prefers (TasteState)
 *   genre\0<name>     of the user and a genre           lists      what recommendations depend on (server/recommend/lists/)
 *                                                     served\0<slot>  the lists served last (likewise)
 */

export const FIELDS = { features: 'features', session: 'session', taste: 'taste', lists: 'lists' } as const;

export interface SessionItem {
  track: string;
  /** Event time of the play, ms since 1970. */
  at: number;
  /** 0: skipped before 30 s or disliked. 0.5: played, nothing known yet. 1: heard longer, completed or liked. */
  weight: number;
  /** Liked or disliked: how much of it is heard does not change its weight any more. */
  rated: boolean;
  /** Paused, and not played on yet. */
  paused: boolean;
}

/** What a listener did on one device, or in one sitting. */
export interface Listening {
  /** null before the first event with a session. */
  id: string | null;
  startedAt: number;
  lastAt: number;
  /** Tracks in the session so far. */
  position: number;
  skipsInARow: number;
  /** The last 50, oldest first. */
  items: SessionItem[];
}

export interface SessionState {
  /** The session that was heard of last. */
  underWay: Listening;
  /** What goes on beside it, on other devices: the last two of the last half hour, the latest first. */
  others: Listening[];
}

/** A decayed weight as of `at`; see `decay.ts`. */
export interface Weight {
  value: number;
  at: number;
}

/** The strongest 64 of each; by name. Positive: listened to, liked. Negative: skipped early, disliked. */
export interface TasteState {
  artists: Map<string, Weight>;
  genres: Map<string, Weight>;
  /** The last 200 tracks that were disliked, and not liked since, each with the event time. */
  disliked: Map<string, number>;
}
