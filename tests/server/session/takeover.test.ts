/** What one process tells the others of its producers. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LocalBus } from '../../../server/bus/local.ts';
import { decodeMessage, encodeMessage } from '../../../server/bus/message.ts';
import { type ClaimMessage, TOPICS } from '../../../server/bus/messages.ts';
import type { Claim } from '../../../server/session/producers.ts';
import { Takeover } from '../../../server/session/takeover.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const claim = (session: string, epoch = 1): Claim => ({ epoch, attempt: 0, at: 1, session });

/** A process with the claims it has, and what it lost. */
function processOn(bus: LocalBus, name: string) {
  const claims = new Map<string, Claim>();
  const lost: [string, string][] = [];
  const takeover = new Takeover(bus, name, {
    current: (key) => claims.get(key),
    lost: (key, winner) => lost.push([key, winner.session]),
  });
  takeover.start();
  const claimAs = (key: string, mine: Claim) => {
    claims.set(key, mine);
    takeover.announce(key, mine);
  };
  return { claims, lost, takeover, claimAs };
}
/** Messages of the bus are on their way for a moment. */
const settle = () => vi.advanceTimersByTimeAsync(1);

it('the older connection is told, and one that knows better says so', async () => {
  const bus = new LocalBus();
  const [a, b] = [processOn(bus, 'a'), processOn(bus, 'b')];
  a.claimAs('p', claim('one', 2));
  await settle();
  b.claimAs('p', claim('two', 1));
  await settle();
  expect(b.lost).toEqual([['p', 'one']]);
  expect(a.lost).toEqual([]);
  b.claimAs('p', claim('three', 3));
  await settle();
  expect(a.lost).toEqual([['p', 'three']]);
});

it('says it once more after five seconds, in order, but not for who is gone by then', async () => {
  const bus = new LocalBus();
  const here = processOn(bus, 'a');
  const heard: string[] = [];
  bus.subscribe(TOPICS.producers, (bytes) => {
    heard.push(decodeMessage<ClaimMessage>(bytes)!.key!);
  });
  here.claimAs('p', claim('one'));
  here.claimAs('gone', claim('two'));
  await vi.advanceTimersByTimeAsync(2_000);
  here.claimAs('q', claim('three'));
  here.claims.delete('gone');
  await settle();
  expect(heard.splice(0)).toEqual(['p', 'gone', 'q']);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(heard).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(heard.splice(0)).toEqual(['p']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(heard.splice(0)).toEqual(['q']);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(heard).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it('passes over what is no claim', async () => {
  const errors: unknown[] = [];
  const bus = new LocalBus((error) => errors.push(error));
  const here = processOn(bus, 'a');
  here.claims.set('p', claim('one'));
  for (const message of [{ key: 'p' }, { key: 'p', process: 'b', ...claim('two', 2), at: '1' }])
    bus.publish(TOPICS.producers, encodeMessage(message));
  bus.publish(TOPICS.producers, Buffer.from('{"key":"p"}'));
  let answers = -3;
  bus.subscribe(TOPICS.producers, () => void answers++);
  await settle();
  expect({ lost: here.lost, errors, answers }).toEqual({ lost: [], errors: [], answers: 0 });
});

it('says nothing more once it is closed', async () => {
  const bus = new LocalBus();
  const [a, b] = [processOn(bus, 'a'), processOn(bus, 'b')];
  a.claimAs('p', claim('one', 2));
  await settle();
  a.takeover.close();
  b.claims.set('p', claim('two'));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(b.lost).toEqual([]);
});
