/**
 * What an event says about a listener and a track: the one reading of the event types that features and models share. A function of the
 * event alone, so that whoever folds it, in whatever process, reads the same.
 */
import type { StoredEvent } from '../../format/model.ts';

/**
 * `play`: a track began. `skip`: it was left before 30 s. `listen`: it was left later. `complete`: it was heard to its end. A pause ends
 * nothing. `like` and `dislike` also stand for ratings from 4 up and from 2 down.
 */
export type SignalKind = 'play' | 'pause' | 'seek' | 'skip' | 'listen' | 'complete' | 'like' | 'dislike';

export interface Signal {
  kind: SignalKind;
  tenant: string;
  user: string;
  track: string;
  /** Absent for ratings. */
  session?: string;
  /** Event time, ms since 1970. */
  at: number;
  /** Seconds heard, as far as the event that ended the play tells; 0 for any other. */
  seconds: number;
  artist?: string;
  genre?: string;
  /** `mobile`, `web`, ... */
  device?: string;
  recommendation?: string;
}

/** A play left before this is a skip. */
export const SKIP_BEFORE_MS = 30_000;

/** null for what says nothing about a track. */
export function signalOf(event: StoredEvent): Signal | null {
  const kind = kindOf(event);
  if (kind === null || typeof event.track_id !== 'string') return null;
  const track = event.track as { artist?: string; genre?: string } | undefined;
  const signal: Signal = {
    kind,
    tenant: event.tenant,
    user: event.user_id,
    track: event.track_id,
    at: eventTime(event),
    seconds: secondsHeard(kind, event),
  };
  if (typeof event.session_id === 'string') signal.session = event.session_id;
  if (track?.artist !== undefined) signal.artist = track.artist;
  if (track?.genre !== undefined) signal.genre = track.genre;
  if (typeof event.device === 'string') signal.device = event.device;
  if (typeof event.recommendation_id === 'string') signal.recommendation = event.recommendation_id;
  return signal;
}

/** When it happened, ms since 1970, by the corrected clock of its client. */
export function eventTime(event: StoredEvent): number {
  return typeof event.event_time === 'number' ? event.event_time : event.received_at;
}

function kindOf(event: StoredEvent): SignalKind | null {
  if (event.type === 'user_interaction') {
    const action = event.action as SignalKind;
    return action === 'skip' ? leftAt(event) : action;
  }
  if (event.type === 'track_skipped') return leftAt(event);
  if (event.type === 'track_completed') return 'complete';
  if (event.type === 'explicit_rating') return rated(event.rating as number);
  return null;
}

function leftAt(event: StoredEvent): SignalKind {
  return typeof event.position_ms === 'number' && event.position_ms >= SKIP_BEFORE_MS ? 'listen' : 'skip';
}

function rated(rating: number): SignalKind | null {
  if (rating >= 4) return 'like';
  return rating <= 2 ? 'dislike' : null;
}

function secondsHeard(kind: SignalKind, event: StoredEvent): number {
  if (kind !== 'skip' && kind !== 'listen' && kind !== 'complete') return 0;
  const catalogued = (event.track as { duration_ms?: number } | undefined)?.duration_ms;
  const whole = kind === 'complete' ? (event.duration_ms ?? catalogued) : undefined;
  const ms = event.position_ms ?? whole;
  return typeof ms === 'number' ? ms / 1000 : 0;
}
