import { expect, test } from 'vitest';
import { LocalBus } from '../../../server/bus/local.ts';
import { encodeMessage } from '../../../server/bus/message.ts';
import { type PopularMessage, TOPICS } from '../../../server/bus/messages.ts';
import { TopTracks } from '../../../server/processor/top-tracks.ts';

test('tells the tracks of the only tenant, and of none where there are several', async () => {
  const bus = new LocalBus();
  const top = new TopTracks(bus);
  const say = async (tenant: string, count: number) => {
    const tracks = Array.from({ length: count }, (_, i) => ({ track_id: `${tenant}-${i}`, score: 12.345 - i }));
    const heard = new Promise<void>((resolve) => void bus.subscribe(TOPICS.popular, () => resolve()));
    bus.publish(TOPICS.popular, encodeMessage({ tenant, at: 1, tracks } satisfies PopularMessage));
    await heard;
  };
  expect(top.tracks).toEqual([]);
  await say('one', 12);
  expect(top.tracks).toHaveLength(10);
  expect(top.tracks[0]).toEqual({ track_id: 'one-0', plays: 12.3 });
  await say('two', 1);
  expect(top.tracks).toEqual([]);
  await bus.close();
});
