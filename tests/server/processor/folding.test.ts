import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeEntry, openEntry } from '../../../format/entry.ts';
import type { IntactEntry } from '../../../format/model.ts';
import { pack } from '../../../format/msgpack.ts';
import { decodeEvents } from '../../../format/stored-event.ts';
import { UnitWriter } from '../../../format/unit.ts';
import { activityOf } from '../../../server/features/activity.ts';
import { foldedEvents } from '../../../server/processor/folding.ts';
import { outcomeOf } from '../../../server/recommend/lists/outcome.ts';
import { servedList } from '../../../server/recommend/served.ts';

const text = fc.oneof(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }), fc.constantFrom('t1', 't2'));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });
const present = (map: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));

const item = fc.record({
  user: text,
  receivedAt: fc.nat(2 ** 41),
  body: fc.record({
    type: fc.constantFrom(
      ...['user_interaction', 'track_completed', 'track_skipped', 'explicit_rating', 'feedback_event'],
      ...['recommendation_shown', 'recommendation_clicked', 'recommendation_served', 'something_new'],
    ),
    timestamp: fc.nat(2 ** 41),
    action: fc.constantFrom('play', 'pause', 'skip', 'like', 'dislike', 'complete', 'seek'),
    track_id: optional(text),
    session_id: optional(text),
    position_ms: optional(fc.nat(400_000)),
    duration_ms: optional(fc.nat(400_000)),
    rating: optional(fc.double({ min: 1, max: 5, noNaN: true })),
    recommendation_id: optional(text),
    tracks: optional(fc.array(text, { maxLength: 5 })),
    scores: optional(fc.array(fc.double({ noNaN: true }), { maxLength: 5 })),
    context: optional(fc.dictionary(fc.constantFrom('source', 'playlist_id'), text)),
  }),
  added: fc.record({
    event_time: optional(fc.double({ min: 0, max: 2e12, noNaN: true })),
    device: optional(text),
    track: optional(
      fc.record({ artist: optional(text), genre: optional(text), duration_ms: optional(fc.nat(400_000)) }).map(present),
    ),
  }),
});

function bytesOf(items: readonly { user: string; receivedAt: number; body: object; added: object }[]): Uint8Array {
  const writer = new UnitWriter();
  items.forEach(({ user, receivedAt, body, added }, i) => {
    const event = pack(present({ ...body, user_id: user }));
    writer.add({ seq: 3 * i + 1, subject: user, receivedAt, body: event, added: pack(present({ ...added })) });
  });
  const { bytes } = writer.finish({ tenant: 'default', owner: 'o', producer: 'p', epoch: 3 });
  return encodeEntry('events', 1, items.length, [bytes]);
}

it('says the same to every projection as all fields do', () => {
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 20 }), (items) => {
      const entry = openEntry('events', 2, items.length + 4, bytesOf(items)) as IntactEntry;
      const read = ({ position, event }: ReturnType<typeof decodeEvents>[number]) => {
        const activity = activityOf(event);
        const { tenant, producer, epoch, seq, received_at, user_id, recommendation_id, track_id } = event;
        const said = { tenant, producer, epoch, seq, received_at, user_id, recommendation_id, track_id };
        return [position, activity, outcomeOf(event, activity?.signal?.kind), servedList(event), said];
      };
      expect(foldedEvents(entry).map(read)).toEqual(decodeEvents(entry).map(read));
    }),
    { numRuns: 300 },
  );
});
