/** What is read from a user's session and taste. */
import { answersAt, type FeatureDefinition, type Reading } from './definition.ts';
import type { Listening, SessionState, TasteState } from './states.ts';
import { strongestFirst } from './taste.ts';

export const SESSION_FEATURES: readonly FeatureDefinition<SessionState>[] = [
  ofSession('id', 'the session under way', 'id', 'session id of its events', ({ id }) => id),
  ofSession('started_at', 'its beginning', 'ms since 1970', 'time of its first event', ({ startedAt }) => startedAt),
  ofSession('last_at', 'its last event', 'ms since 1970', 'time of its last event', ({ lastAt }) => lastAt),
  ofSession('idle', 'how long it has been quiet', 's', 'T - time of its last event, at least 0', ({ lastAt }, at) => {
    return Math.max(0, at - lastAt) / 1000;
  }),
  ofSession(
    'position',
    'tracks in it so far',
    'tracks',
    'number of tracks begun; a play after a pause goes on',
    ({ position }) => position,
  ),
  ofSession(
    'skips_in_a_row',
    'skips since a track was heard',
    'events',
    'skips since the last listen or completion',
    ({ skipsInARow }) => skipsInARow,
  ),
  ofSession('items', 'its last tracks', 'list of maps', 'the last 50, oldest first: track, at, weight', ({ items }) => {
    return items.map(({ track, at, weight }) => ({ track, at, weight }));
  }),
];

export const TASTE_FEATURES: readonly FeatureDefinition<TasteState>[] = [
  ofTaste('artists', 'artists that the user likes, or avoids'),
  ofTaste('genres', 'genres that the user likes, or avoids'),
  {
    name: 'disliked',
    about: 'tracks disliked, and not liked since',
    unit: 'list of ids',
    formula: 'the last 200, oldest first',
    read: ({ disliked }, at) => ofTimes([...disliked.values()], at, () => [...disliked.keys()]),
  },
];

function ofSession(
  name: string,
  about: string,
  unit: string,
  formula: string,
  read: (session: Listening, at: number) => unknown,
): FeatureDefinition<SessionState> {
  return {
    name,
    about,
    unit,
    formula,
    read: ({ underWay }, at) => ({
      value: answersAt(underWay.lastAt, at) ? read(underWay, at) : null,
      at: underWay.lastAt,
    }),
  };
}

function ofTaste(name: 'artists' | 'genres', about: string): FeatureDefinition<TasteState> {
  return {
    name,
    about,
    unit: 'list of [name, weight]',
    formula: 'affinity, highest first: the 64 that are strongest either way',
    halfLife: '30d',
    read(state, at) {
      const times = [...state[name].values()].map((weight) => weight.at);
      return ofTimes(times, at, () => strongestFirst(state[name], at));
    },
  };
}

/** A value made of events at these times; null if there are none. */
function ofTimes(times: readonly number[], at: number, read: () => unknown): Reading {
  const latest = times.length === 0 ? 0 : Math.max(...times);
  return { value: times.length > 0 && answersAt(latest, at) ? read() : null, at: latest };
}
