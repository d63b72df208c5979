/** What is made of events: aggregates, session and taste of each user, and aggregates of tracks, artists, genres and of everything. */
import type { ConsumedEvent, ShardProjection, UserProjection } from '../processor/projection.ts';
import { type Activity, readActivity } from './activity.ts';
import { type Aggregate, foldAggregate } from './aggregate.ts';
import { aggregateCodec } from './aggregate-codec.ts';
import { entityGroup, userOfGroup } from './groups.ts';
import { METRICS } from './metrics.ts';
import { artistField, genreField, nameKey } from './names.ts';
import type { RecordKey } from './port.ts';
import { foldSession, sessionCodec } from './session.ts';
import { FIELDS, type SessionState, type TasteState } from './states.ts';
import { concernsTaste, foldTaste, tasteCodec } from './taste.ts';

/** Of the user, and of the user with an artist and a genre. */
export const userAggregates: UserProjection = {
  kind: 'users',
  name: 'user_aggregates',
  keys(consumed) {
    const activity = readActivity(consumed);
    if (!activity) return [];
    const { group } = activity;
    const keys: RecordKey[] = [{ group, field: FIELDS.features }];
    if (!concernsPairs(activity)) return keys;
    if (activity.artist !== undefined) keys.push({ group, field: artistField(activity.artist) });
    if (activity.genre !== undefined) keys.push({ group, field: genreField(activity.genre) });
    return keys;
  },
  codec: () => aggregateCodec,
  fold(consumed, states) {
    const activity = readActivity(consumed);
    if (!activity) return;
    for (const [i, state] of states.entries()) foldAggregate(state as Aggregate, activity, i > 0);
  },
};

export const sessions: UserProjection = {
  kind: 'users',
  name: 'sessions',
  owns: ({ group, field }) => field === FIELDS.session && userOfGroup(group) !== null,
  keys: (consumed) => userRecord(readActivity(consumed), FIELDS.session, ({ signal }) => signal !== null),
  codec: () => sessionCodec,
  fold: (consumed, states) =>
    foldFirst(consumed, states, (state, activity) => foldSession(state as SessionState, activity)),
};

export const tastes: UserProjection = {
  kind: 'users',
  name: 'tastes',
  owns: ({ group, field }) => field === FIELDS.taste && userOfGroup(group) !== null,
  keys: (consumed) => userRecord(readActivity(consumed), FIELDS.taste, concernsTaste),
  codec: () => tasteCodec,
  fold: (consumed, states) =>
    foldFirst(consumed, states, (state, activity) => foldTaste(state as TasteState, activity)),
};

/** Of what has aggregates that cross partitions. */
export const entityAggregates: ShardProjection = {
  kind: 'shard',
  name: 'entity_aggregates',
  keys(consumed) {
    const activity = readActivity(consumed);
    if (!activity || activity.amounts.length === 0) return [];
    const { tenant, track, artist, genre } = activity;
    const field = FIELDS.features;
    const keys: RecordKey[] = [{ group: entityGroup('global', tenant, ''), field }];
    if (track !== undefined) keys.push({ group: entityGroup('track', tenant, track), field });
    if (artist !== undefined) keys.push({ group: entityGroup('artist', tenant, nameKey(artist)), field });
    if (genre !== undefined) keys.push({ group: entityGroup('genre', tenant, nameKey(genre)), field });
    return keys;
  },
  codec: () => aggregateCodec,
  fold(consumed, _key, state) {
    const activity = readActivity(consumed);
    if (activity) foldAggregate(state as Aggregate, activity);
  },
};

export const USER_PROJECTIONS: readonly UserProjection[] = [userAggregates, sessions, tastes];
export const SHARD_PROJECTIONS: readonly ShardProjection[] = [entityAggregates];

/** Whether it says something of an artist or genre to this user. */
function concernsPairs({ amounts }: Activity): boolean {
  return amounts.some(({ metric }) => METRICS[metric]!.paired);
}

function userRecord(activity: Activity | null, field: string, concerned: (activity: Activity) => boolean): RecordKey[] {
  return activity && concerned(activity) ? [{ group: activity.group, field }] : [];
}

function foldFirst(
  consumed: ConsumedEvent,
  states: readonly unknown[],
  fold: (state: unknown, activity: Activity) => void,
): void {
  const activity = readActivity(consumed);
  if (activity && states.length > 0) fold(states[0], activity);
}
