/**
 * One listening session: 10 to 20 tracks, about half of them skipped, in runs of one artist. Its events come in the order in which a
 * player would send them. A television or car reports with `track_completed` and `track_skipped`, every other device with actions:
 * one kind for a play, never both.
 */
import type { Catalogue, Track } from './catalogue.ts';
import { chooseDevice, type Device, type Listener } from './listener.ts';
import type { Random } from './random.ts';

/** An event as a client sends it (`protocol/PROTOCOL.md` section 10), and the listener's clock at that moment. */
export interface SyntheticEvent {
  atMs: number;
  event: Record<string, unknown> & { type: string; timestamp: number; user_id: string };
}

export interface SessionPlan {
  catalogue: Catalogue;
  listener: Listener;
  random: Random;
  startMs: number;
  /** Counts the sessions of this listener from 1. */
  number: number;
}

const SOURCES = ['library', 'library', 'playlist', 'playlist', 'playlist', 'radio', 'discover', 'discover', 'search'];
/** A run of one artist goes on with this probability. */
const SAME_ARTIST = 0.7;
/** How long somebody listens to what is then skipped, seconds on average. */
const SKIP_SECONDS = 22;
/** How a favourite genre moves the probability of a skip; both together leave the average where it is. */
const FAVOURITE_SKIP = -0.1;
const OTHER_SKIP = 0.06;

export function* session(plan: SessionPlan): Generator<SyntheticEvent, void> {
  const { catalogue, listener, random } = plan;
  const device = chooseDevice(listener, plan.startMs, random);
  const source = random.pick(SOURCES);
  const player = new Player(plan, device, source);
  const heard = new Set<number>();
  let index = -1;
  for (let left = random.int(10, 20); left > 0; left--) {
    index = chooseTrack(catalogue, listener, random, index, heard);
    heard.add(index);
    const track = catalogue.tracks[index]!;
    const favourite = listener.genres.has(track.genre);
    if (source === 'discover') yield* player.recommended(track);
    const skipped = random.chance(listener.skips + (favourite ? FAVOURITE_SKIP : OTHER_SKIP));
    yield* player.play(track, skipped);
    if (!skipped && random.chance(favourite ? 0.12 : 0.04)) yield player.action(track, 'like', track.duration_ms);
    if (skipped && random.chance(0.04)) yield player.action(track, 'dislike');
    if (source === 'discover' && random.chance(0.1)) yield player.feedback(track, skipped);
    if (!skipped && random.chance(0.01)) yield player.rating(track, favourite ? random.int(4, 5) : random.int(1, 5));
    player.wait(random.between(0.2, 3));
  }
}

/** Mostly the same artist; otherwise by popularity, with a second draw towards the listener's taste. Rarely what was heard already. */
function chooseTrack(
  catalogue: Catalogue,
  listener: Listener,
  random: Random,
  previous: number,
  heard: ReadonlySet<number>,
): number {
  if (previous >= 0 && random.chance(SAME_ARTIST)) {
    for (let tries = 8; tries > 0; tries--) {
      const index = catalogue.sameArtist(random, previous);
      if (!heard.has(index)) return index;
    }
  }
  let index = catalogue.any(random);
  if (heard.has(index) || !listener.genres.has(catalogue.tracks[index]!.genre)) index = catalogue.any(random);
  return index;
}

/** Turns what happens in a session into events; keeps the clock and what all events of the session share. */
class Player {
  private atMs: number;
  private readonly random: Random;
  private readonly userId: string;
  private readonly sessionId: string;
  private readonly context: Record<string, string>;
  private readonly reportsTracks: boolean;
  private recommendationId: string | undefined;

  constructor(plan: SessionPlan, device: Device, source: string) {
    this.atMs = plan.startMs;
    this.random = plan.random;
    this.userId = plan.listener.userId;
    this.sessionId = `session-${this.userId.slice('listener-'.length)}-${plan.number}`;
    this.reportsTracks = device === 'tv' || device === 'car';
    this.context = { source, device_type: device };
    if (source === 'playlist') this.context.playlist_id = `playlist-${this.random.int(1, 2000)}`;
    if (source === 'discover') this.recommendationId = `rec-${this.sessionId.slice('session-'.length)}`;
  }

  wait(seconds: number): void {
    this.atMs += Math.round(seconds * 1000);
  }

  *play(track: Track, skipped: boolean): Generator<SyntheticEvent, void> {
    const { random } = this;
    const end = skipped
      ? Math.round(Math.min(1.5 + random.exponential(SKIP_SECONDS), track.duration_ms * 0.0009) * 1000)
      : track.duration_ms;
    yield this.action(track, 'play', 0);
    let position = 0;
    if (random.chance(0.05)) {
      position = Math.floor(end * random.next());
      this.atMs += position;
      yield this.action(track, 'pause', position);
      this.wait(5 + random.exponential(90));
      yield this.action(track, 'play', position);
    }
    if (!skipped && random.chance(0.03)) {
      this.wait(random.between(1, 8));
      position = random.int(position, end);
      yield this.action(track, 'seek', position);
    }
    this.atMs += end - position;
    const type = skipped ? 'track_skipped' : 'track_completed';
    if (this.reportsTracks) yield this.ofTrack(type, track, { position_ms: end, duration_ms: track.duration_ms });
    else yield this.action(track, skipped ? 'skip' : 'complete', end);
  }

  action(track: Track, action: string, position_ms?: number): SyntheticEvent {
    const where = position_ms === undefined ? {} : { position_ms, duration_ms: track.duration_ms };
    return this.ofTrack('user_interaction', track, { action, ...where, context: this.context });
  }

  /** What recommendation the player shows next, and sometimes that it was chosen by hand. */
  *recommended(track: Track): Generator<SyntheticEvent, void> {
    const fields = { recommendation_id: this.recommendationId, track_id: track.id };
    yield this.stamp({ type: 'recommendation_shown', ...fields });
    if (!this.random.chance(0.3)) return;
    this.wait(this.random.between(0.5, 6));
    yield this.stamp({ type: 'recommendation_clicked', ...fields });
  }

  feedback(track: Track, skipped: boolean): SyntheticEvent {
    const relevance = skipped ? this.random.between(0, 0.4) : this.random.between(0.5, 1);
    return this.stamp({
      type: 'feedback_event',
      recommendation_id: this.recommendationId,
      feedback_type: 'implicit',
      track_id: track.id,
      relevance_score: Math.round(relevance * 1000) / 1000,
    });
  }

  rating(track: Track, rating: number): SyntheticEvent {
    return this.stamp({ type: 'explicit_rating', track_id: track.id, rating });
  }

  private ofTrack(type: string, track: Track, fields: Record<string, unknown>): SyntheticEvent {
    const event = { type, session_id: this.sessionId, track_id: track.id, ...fields };
    return this.stamp(this.recommendationId ? { ...event, recommendation_id: this.recommendationId } : event);
  }

  private stamp(event: Record<string, unknown> & { type: string }): SyntheticEvent {
    return { atMs: this.atMs, event: { timestamp: this.atMs, user_id: this.userId, ...event } };
  }
}
