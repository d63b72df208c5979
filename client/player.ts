/** The seven actions of a listener, typed: `user_interaction` events that carry the time at which they were made. */
import type { ClientEvent, Verdict } from './types.ts';

export interface InteractionContext {
  playlist_id?: string;
  source?: 'discover' | 'search' | 'radio' | 'playlist' | 'library';
  device_type?: 'mobile' | 'desktop' | 'web' | 'tv' | 'speaker' | 'car';
}

/** What every event of this player shares. What is left out must come from the client's `context`. */
export interface PlayerBase {
  user_id?: string;
  session_id?: string;
  context?: InteractionContext;
}

export interface InteractionDetails extends PlayerBase {
  position_ms?: number;
  duration_ms?: number;
  recommendation_id?: string;
  /** Default: now. RFC 3339 with offset, or ms since 1970. */
  timestamp?: number | string;
  /** The same `id` of the same user is stored once, over any transport and producer. */
  id?: string;
}

type Act = (track_id: string, details?: InteractionDetails) => Promise<Verdict>;

export interface Player {
  play: Act;
  pause: Act;
  skip: Act;
  like: Act;
  dislike: Act;
  complete: Act;
  /** `position_ms` is where it went. */
  seek(track_id: string, position_ms: number, details?: InteractionDetails): Promise<Verdict>;
}

export type Action = keyof Player;

/** Works on anything that tracks events. */
export function player(client: { track(event: ClientEvent): Promise<Verdict> }, base: PlayerBase = {}): Player {
  const act = (action: Action, track_id: string, details: InteractionDetails = {}): Promise<Verdict> =>
    client.track(interaction(action, track_id, base, details));
  return {
    play: (track_id, details) => act('play', track_id, details),
    pause: (track_id, details) => act('pause', track_id, details),
    skip: (track_id, details) => act('skip', track_id, details),
    like: (track_id, details) => act('like', track_id, details),
    dislike: (track_id, details) => act('dislike', track_id, details),
    complete: (track_id, details) => act('complete', track_id, details),
    seek: (track_id, position_ms, details) => act('seek', track_id, { ...details, position_ms }),
  };
}

function interaction(action: Action, track_id: string, base: PlayerBase, details: InteractionDetails): ClientEvent {
  const context = { ...base.context, ...details.context };
  const event: ClientEvent = {
    type: 'user_interaction',
    timestamp: Date.now(),
    action,
    track_id,
    ...base,
    ...given(details),
  };
  if (Object.keys(context).length > 0) event.context = given(context);
  return given(event);
}

/** Without what is undefined: the wire has no such value. */
function given(fields: object): ClientEvent {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
