/** What an event adds to the aggregates of those it concerns: its listener, its track, and the track's artist and genre. */
import type { StoredEvent } from '../../format/model.ts';
import { MAX_NUMBER } from '../../protocol/limits.ts';
import type { ConsumedEvent } from '../processor/projection.ts';
import { userGroup } from './groups.ts';
import { METRICS, type MetricName, metricNumber } from './metrics.ts';
import { eventTime, type Signal, type SignalKind, signalOf } from './signal.ts';

/** Parts of a metric, a whole number (see `Metric.parts`). */
export interface Amount {
  metric: number;
  parts: number;
}

export interface Activity {
  tenant: string;
  user: string;
  /** `userGroup` of both. */
  group: string;
  /** Event time, a whole number of ms since 1970. */
  at: number;
  /** What a listener did with a track; null for what only concerns recommendations and ratings between like and dislike. */
  signal: Signal | null;
  track?: string;
  artist?: string;
  genre?: string;
  device?: string;
  /** Empty for a pause and the like: it shows that the user is there. */
  amounts: readonly Amount[];
}

/** No play lasts longer: a position that a broken client makes up must not outweigh everything else. */
const LONGEST_PLAY_S = 86_400;

const SIGNAL_METRICS: Record<SignalKind, MetricName | null> = {
  play: 'plays',
  pause: null,
  seek: null,
  skip: 'skips',
  listen: 'listens',
  complete: 'completions',
  like: 'likes',
  dislike: 'dislikes',
};

/** `activityOf` its event; read once. */
export function readActivity(consumed: ConsumedEvent): Activity | null {
  if (consumed.activity === undefined) consumed.activity = activityOf(consumed.event);
  return consumed.activity;
}

/** null for events that tell nothing of a listener, such as those that the server made itself. */
export function activityOf(event: StoredEvent): Activity | null {
  const signal = signalOf(event);
  const amounts: Amount[] = [];
  if (signal) addSignal(amounts, signal);
  if (!addOthers(amounts, event) && !signal) return null;

  const { tenant, user_id: user } = event;
  const activity: Activity = { tenant, user, group: userGroup(tenant, user), at: wholeTime(event), signal, amounts };
  if (typeof event.track_id === 'string') {
    const track = event.track as { artist?: unknown; genre?: unknown } | undefined;
    activity.track = event.track_id;
    if (typeof track?.artist === 'string') activity.artist = track.artist;
    if (typeof track?.genre === 'string') activity.genre = track.genre;
  }
  if (typeof event.device === 'string') activity.device = event.device;
  return activity;
}

/** Event time within what records can hold; fractions of a millisecond say nothing. */
export function wholeTime(event: StoredEvent): number {
  const time = Math.floor(eventTime(event));
  return time > 0 ? Math.min(time, MAX_NUMBER) : 0;
}

function addSignal(amounts: Amount[], { kind, seconds }: Signal): void {
  const metric = SIGNAL_METRICS[kind];
  if (metric !== null) add(amounts, metric, 1);
  if (seconds > 0) add(amounts, 'seconds', Math.min(seconds, LONGEST_PLAY_S));
}

/** False for a type that tells nothing beside its signal. */
function addOthers(amounts: Amount[], event: StoredEvent): boolean {
  switch (event.type) {
    case 'recommendation_shown':
      add(amounts, 'impressions', 1);
      return true;
    case 'recommendation_clicked':
      add(amounts, 'clicks', 1);
      return true;
    case 'feedback_event':
      add(amounts, 'feedback', 1);
      addRating(amounts, event.rating);
      return true;
    case 'explicit_rating':
      addRating(amounts, event.rating);
      return true;
    default:
      return false;
  }
}

function addRating(amounts: Amount[], rating: unknown): void {
  if (typeof rating !== 'number') return;
  add(amounts, 'ratings', 1);
  add(amounts, 'stars', rating);
}

function add(amounts: Amount[], name: MetricName, amount: number): void {
  const metric = metricNumber(name);
  amounts.push({ metric, parts: Math.round(amount * METRICS[metric]!.parts) });
}
