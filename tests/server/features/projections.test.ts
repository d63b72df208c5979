import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entityGroup, userGroup } from '../../../server/features/groups.ts';
import { checkKey } from '../../../server/features/limits.ts';
import { SHARD_PROJECTIONS, USER_PROJECTIONS } from '../../../server/features/projections.ts';
import { eventsAt, hostileTimes, interaction, stored, times } from './arbitrary-events.ts';
import { foldAll } from './folded.ts';

const PROJECTIONS = [...USER_PROJECTIONS, ...SHARD_PROJECTIONS];
const user = userGroup('default', 'user-1');

function keysOf(event: ReturnType<typeof stored>): string[] {
  return PROJECTIONS.flatMap((projection) => projection.keys({ partition: 0, position: 1, event })).map(
    ({ group, field }) => `${group} ${field}`,
  );
}

test('the records that an event changes', () => {
  const track = { artist: 'Nina', genre: 'jazz' };
  const shards = [
    `${entityGroup('global', 'default', '')} features`,
    `${entityGroup('track', 'default', 't-1')} features`,
    `${entityGroup('artist', 'default', 'Nina')} features`,
    `${entityGroup('genre', 'default', 'jazz')} features`,
  ];
  expect(keysOf(interaction('like', { track }))).toEqual([
    `${user} features`,
    `${user} artist\0Nina`,
    `${user} genre\0jazz`,
    `${user} session`,
    `${user} taste`,
    ...shards,
  ]);
  expect(keysOf(stored('recommendation_shown', { track_id: 't-1', track }))).toEqual([`${user} features`, ...shards]);
  expect(keysOf(interaction('pause', { track }))).toEqual([`${user} features`, `${user} session`]);
  expect(keysOf(stored('feedback_event', {}))).toEqual([`${user} features`, shards[0]]);
  expect(keysOf(stored('recommendation_served', {}))).toEqual([]);
});

test('every key fits every engine, and the same event gives the same keys', () => {
  const longest = '\u6f22'.repeat(256);
  const event = interaction('like', {
    tenant: '\u6f22'.repeat(100),
    user_id: '\u6f22'.repeat(128),
    track_id: '\u6f22'.repeat(128),
    track: { artist: longest, genre: longest },
  });
  for (const projection of PROJECTIONS) {
    for (const key of projection.keys({ partition: 0, position: 1, event })) checkKey(key);
  }
  fc.assert(
    fc.property(eventsAt(hostileTimes), (events) => {
      for (const event of events) expect(keysOf(event)).toEqual(keysOf(structuredClone(event)));
    }),
  );
});

test('a fold is a function of events alone: the same ones give the same bytes', () => {
  const bytesOf = (events: Parameters<typeof foldAll>[0]) =>
    [...foldAll(events)].map(([name, { codec, state }]) => [name, Buffer.from(codec.encode(state)).toString('hex')]);
  fc.assert(
    fc.property(eventsAt(times), (events) => {
      expect(bytesOf(structuredClone(events))).toEqual(bytesOf(events));
    }),
  );
});
