import { afterEach, describe, expect, it } from 'vitest';
import { ENTRY_HEADER_BYTES } from '../../../../format/entry.ts';
import { IN_FLIGHT_BYTES } from '../../../../server/feeds/port.ts';
import { LogError } from '../../../../server/log/error.ts';
import type { MemoryLog } from '../../../../server/log/memory/log.ts';
import { type FeedsWorld, feedsWorld, settled, type TestEvent, type WorldParts } from '../../../helpers/feeds-world.ts';

const worlds: FeedsWorld[] = [];
function world(parts?: WorldParts): FeedsWorld {
  const made = feedsWorld(parts);
  worlds.push(made);
  return made;
}
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.stop();
});

const users = ['ann', 'bob', 'cem', 'dot', 'eve', 'fay'];
let tracks = 0;
const play = (user_id: string, more: Record<string, unknown> = {}): TestEvent => ({
  type: 'user_interaction',
  action: 'play',
  user_id,
  session_id: `session-${user_id}`,
  track_id: `track-${++tracks}`,
  ...more,
});
const plays = (count: number) => Array.from({ length: count }, (_, i) => play(users[i % users.length]!));
const tracksOf = (events: readonly Record<string, unknown>[]) => events.map(({ track_id }) => track_id);
const sorted = (events: readonly Record<string, unknown>[]) => tracksOf(events).sort();

describe('events', () => {
  it('start at the end, come as they are stored, and say where they came from', async () => {
    const { append, connect } = world();
    await append.events(...plays(5));
    const client = connect();
    client.subscribe(1, 'events');
    const { position } = await client.next('SUBSCRIBED');
    expect(position.epoch).not.toBe('');
    expect(position).not.toHaveProperty('recovered');
    const event = play('ann');
    await append.events(event);
    expect(await client.untilItems(1)).toEqual([
      {
        ...event,
        tenant: 'default',
        producer: 'test',
        epoch: 1,
        seq: expect.any(Number),
        received_at: expect.any(Number),
      },
    ]);
  });

  it('give credit to the item, and wait in storage without it', async () => {
    const { append, connect, reads } = world();
    const client = connect();
    client.subscribe(1, 'events', { limit: 0 });
    await client.next('SUBSCRIBED');
    const stored = plays(50);
    await append.events(...stored);
    await settled();
    expect(client.frames).toEqual([]);
    expect(reads()).toBe(0);
    client.flow(1, 7);
    await client.untilItems(7);
    await settled();
    expect(client.items().length).toBe(7);
    client.flow(1, 3);
    client.flow(1, 50);
    expect(sorted(await client.untilItems(50))).toEqual(sorted(stored));
  });

  it('keep the order of a user, whoever else there is', async () => {
    const { append, connect } = world();
    const client = connect();
    client.subscribe(1, 'events');
    await client.next('SUBSCRIBED');
    const stored = plays(60);
    for (let i = 0; i < stored.length; i += 7) await append.events(...stored.slice(i, i + 7));
    const items = await client.untilItems(60);
    for (const user of users) {
      const own = (events: readonly Record<string, unknown>[]) =>
        tracksOf(events.filter((event) => event.user_id === user));
      expect(own(items)).toEqual(own(stored));
    }
  });

  it('go on where a connection broke off, at any frame, without loss or double', async () => {
    const { append, connect } = world();
    let client = connect();
    client.subscribe(1, 'events', { limit: 0 });
    const { position: start } = await client.next('SUBSCRIBED');
    const stored = plays(100);
    for (let i = 0; i < stored.length; i += 9) await append.events(...stored.slice(i, i + 9));
    const seen: Record<string, unknown>[] = [];
    let { offset } = start;
    while (seen.length < stored.length) {
      client.close();
      client = connect();
      const limit = Math.min(1 + (seen.length % 13), stored.length - seen.length);
      client.subscribe(1, 'events', { limit, from: { epoch: start.epoch, offset } });
      seen.push(...(await client.untilItems(limit)));
      expect(client.frames[0]).toMatchObject({ op: 'SUBSCRIBED', position: { recovered: true } });
      offset = client.offset();
    }
    expect(sorted(seen)).toEqual(sorted(stored));
  });

  it('say so when a position is gone, and start at the oldest that is retained', async () => {
    const { append, connect, log } = world({ partitions: 2 });
    const client = connect();
    client.subscribe(1, 'events');
    const { position } = await client.next('SUBSCRIBED');
    await append.events(...plays(20));
    await log.trim({ stream: 'events', maxBytes: 0 });
    const kept = plays(6);
    await append.events(...kept);
    const later = connect();
    later.subscribe(1, 'events', { from: position });
    later.subscribe(2, 'events', { from: { ...position, epoch: 'of another log' } });
    later.subscribe(3, 'events', { from: { ...position, offset: 'nonsense' } });
    for (const sub of [1, 2, 3]) expect(sorted(await later.untilItems(6, sub))).toEqual(sorted(kept));
    const answers = later.frames.filter((frame) => frame.op === 'SUBSCRIBED');
    expect(answers.map((answer) => answer.position.recovered)).toEqual([false, false, false]);
  });

  it('tell a waiting subscriber that retention overtook it', async () => {
    const { append, connect, log } = world({ partitions: 1 });
    const client = connect();
    client.subscribe(1, 'events', { limit: 3 });
    await client.next('SUBSCRIBED');
    await append.events(...plays(3));
    await client.untilItems(3);
    await append.events(...plays(5));
    await log.trim({ stream: 'events', maxBytes: 0 });
    const kept = plays(2);
    await append.events(...kept);
    client.frames.length = 0;
    client.flow(1, 100);
    expect(tracksOf(await client.untilItems(2))).toEqual(tracksOf(kept));
    expect(client.frames.map(({ op }) => op)).toEqual(['GAP', 'DATA']);
    expect(client.frames[0]).toMatchObject({ sub: 1, skipped: null });
  });

  it('tell it also where nothing is left at all', async () => {
    const { append, connect, log } = world({ partitions: 1 });
    const client = connect();
    client.subscribe(1, 'events', { limit: 0 });
    await client.next('SUBSCRIBED');
    await append.events(...plays(5));
    await log.trim({ stream: 'events', maxBytes: 0 });
    client.flow(1, 100);
    const { offset } = await client.next('GAP');
    const after = play('ann');
    await append.events(after);
    expect(tracksOf(await client.untilItems(1))).toEqual([after.track_id]);
    expect(client.offset()).not.toBe(offset);
  });

  it('leave a damaged entry out and say so', async () => {
    const { append, connect, log } = world({ partitions: 1 });
    const client = connect();
    client.subscribe(1, 'events', { limit: 0 });
    await client.next('SUBSCRIBED');
    const [before, after] = [play('ann'), play('ann')];
    await append.events(before);
    await append.events(play('ann'), play('ann'));
    await append.events(after);
    const { entries } = (log as MemoryLog).partitions[0]!.streams.events;
    entries[1]!.bytes[ENTRY_HEADER_BYTES + 3]! ^= 1;
    client.flow(1, 10);
    await client.untilItems(2);
    expect(client.frames.map((frame) => (frame.op === 'DATA' ? tracksOf(frame.items as never) : frame.op))).toEqual([
      [before.track_id],
      'GAP',
      [after.track_id],
    ]);
  });

  it('are narrowed by key: a user, a session or a track; and by filter', async () => {
    const { append, connect } = world();
    const client = connect();
    client.subscribe(1, 'events', { key: 'ann' });
    client.subscribe(2, 'events', { key: 'session-bob' });
    client.subscribe(3, 'events', { key: 'hit' });
    client.subscribe(4, 'events', { filter: { user_id: ['ann', 'eve'], action: 'skip' } });
    client.subscribe(5, 'events', { filter: { type: 'explicit_rating' } });
    await client.until(() => client.frames.length === 5);
    const stored = [
      play('ann'),
      play('bob'),
      play('cem', { track_id: 'hit' }),
      play('eve', { action: 'skip' }),
      play('ann', { action: 'skip', track_id: 'hit' }),
      { type: 'explicit_rating', user_id: 'dot', track_id: 'x', rating: 5 },
    ];
    await append.events(...stored);
    const of = async (count: number, sub: number) => sorted(await client.untilItems(count, sub));
    expect(await of(2, 1)).toEqual(sorted([stored[0]!, stored[4]!]));
    expect(await of(1, 2)).toEqual([stored[1]!.track_id]);
    expect(await of(2, 3)).toEqual(['hit', 'hit']);
    expect(await of(2, 4)).toEqual(sorted([stored[3]!, stored[4]!]));
    expect(await of(1, 5)).toEqual(['x']);
  });

  it('of one user come from one partition, and go on from there', async () => {
    const { append, connect, reads } = world({ partitions: 8 });
    const client = connect();
    const filter = { user_id: 'ann' };
    client.subscribe(1, 'events', { filter, limit: 1 });
    const { position } = await client.next('SUBSCRIBED');
    const stored = [play('ann'), play('bob'), play('ann')];
    await append.events(...stored);
    await client.untilItems(1);
    expect(reads()).toBeLessThan(4);
    const again = connect();
    again.subscribe(1, 'events', { filter, from: { epoch: position.epoch, offset: client.offset() } });
    expect(tracksOf(await again.untilItems(1))).toEqual([stored[2]!.track_id]);
    // A place in one partition is none in the others.
    again.subscribe(2, 'events', { from: { epoch: position.epoch, offset: client.offset() } });
    await again.untilItems(3, 2);
    expect(again.frames.find((frame) => frame.op === 'SUBSCRIBED' && frame.sub === 2)).toMatchObject({
      position: { recovered: false },
    });
  });

  it('move the offset when much did not match', async () => {
    const { append, connect } = world({ partitions: 1 });
    const client = connect();
    client.subscribe(1, 'events', { key: 'nobody', limit: 1 });
    const { position } = await client.next('SUBSCRIBED');
    await append.events(...plays(1_500));
    const { items, offset } = await client.next('DATA');
    expect(items).toEqual([]);
    expect(offset).not.toBe(position.offset);
  });

  it('move the offset now and then when little did not match', async () => {
    const { append, connect } = world({ partitions: 1, timing: { sweepMs: 20 } });
    const client = connect();
    client.subscribe(1, 'events', { key: 'nobody' });
    await client.next('SUBSCRIBED');
    await append.events(...plays(2));
    expect(await client.next('DATA')).toMatchObject({ items: [] });
  });

  it('of another tenant are never seen', async () => {
    const { append, connect } = world();
    const client = connect({ access: { tenant: 'default' } });
    client.subscribe(1, 'events');
    client.subscribe(2, 'events', { key: 'ann' });
    client.subscribe(3, 'events', { filter: { user_id: 'ann' } });
    client.subscribe(4, 'dead-letters');
    await client.until(() => client.frames.length === 4);
    await append.events(play('ann', { tenant: 'other' }), play('bob', { tenant: 'other' }));
    await append.deadLetters(play('ann', { tenant: 'other' }));
    const own = play('ann');
    await append.events(own);
    await append.deadLetters(own);
    for (const sub of [1, 2, 3]) expect(tracksOf(await client.untilItems(1, sub))).toEqual([own.track_id]);
    const letters = await client.untilItems<{ event: Record<string, unknown> }>(1, 4);
    expect(tracksOf(letters.map(({ event }) => event))).toEqual([own.track_id]);
  });

  it('are read once for all who are at the end', async () => {
    const { append, connect, reads } = world({ partitions: 1 });
    const clients = Array.from({ length: 50 }, () => connect());
    for (const client of clients) client.subscribe(1, 'events');
    await Promise.all(clients.map((client) => client.next('SUBSCRIBED')));
    await settled();
    const before = reads();
    for (const event of plays(10)) await append.events(event);
    await Promise.all(clients.map((client) => client.untilItems(10)));
    expect(reads() - before).toBeLessThan(50);
  });

  it('are read once for all, also while others join and all are busy', async () => {
    const { append, connect, reads } = world({ partitions: 1, slowReads: true });
    const clients = [];
    const stored: TestEvent[] = [];
    for (let round = 0; round < 60; round++) {
      if (round % 2 === 0) clients.push(connect());
      clients.at(-1)!.subscribe(1 + (round % 2), 'events');
      const events = plays(5);
      stored.push(...events);
      await append.events(...events);
      await settled(1);
    }
    const last = stored.at(-1)!.track_id;
    for (const client of clients) await client.until(() => client.items(1).some(({ track_id }) => track_id === last));
    expect(tracksOf(clients[0]!.items(1))).toEqual(tracksOf(stored.slice(-clients[0]!.items(1).length)));
    // Each of 60 subscribers for itself would have been up to 1,800.
    expect(reads()).toBeLessThan(250);
  });

  it('wait for a socket that takes nothing, which neither costs memory nor delays another', async () => {
    const { append, connect } = world({ partitions: 1 });
    const slow = connect({ takes: false });
    const quick = connect();
    for (const client of [slow, quick]) client.subscribe(1, 'events');
    await Promise.all([slow, quick].map((client) => client.next('SUBSCRIBED')));
    const stored = plays(2_000).map((event) => ({ ...event, note: 'x'.repeat(500) }));
    for (let i = 0; i < stored.length; i += 100) await append.events(...stored.slice(i, i + 100));
    expect(tracksOf(await quick.untilItems(2_000))).toEqual(tracksOf(stored));
    expect(slow.untaken).toBeLessThan(IN_FLIGHT_BYTES + 64 * 1024);
    expect(slow.items().length).toBeLessThan(1_000);
    slow.take();
    expect(tracksOf(await slow.untilItems(2_000))).toEqual(tracksOf(stored));
  });

  it('share a connection fairly', async () => {
    const { append, connect } = world({ partitions: 1 });
    const client = connect({ takes: false });
    client.subscribe(1, 'events', { limit: 0 });
    client.subscribe(2, 'events', { limit: 0 });
    await client.until(() => client.frames.length === 2);
    await append.events(...plays(2_500).map((event) => ({ ...event, note: 'x'.repeat(300) })));
    client.flow(1, 100_000);
    await settled();
    client.flow(2, 100_000);
    client.take();
    await client.until(() => client.items(2).length > 0);
    expect(client.items(1).length).toBeLessThan(2_500);
    await client.untilItems(2_500, 2);
    await client.untilItems(2_500, 1);
  });

  it('with storage in trouble wait for it, and end when it lasts', async () => {
    const made = world({ partitions: 1, timing: { giveUpMs: 400 } });
    const { append, connect, log } = made;
    const client = connect();
    client.subscribe(1, 'events', { limit: 0 });
    await client.next('SUBSCRIBED');
    await append.events(...plays(3));
    const { read } = log;
    let failures = 0;
    log.read = async (...args) => {
      if (failures++ < 2) throw new LogError('unavailable', 'away');
      return read.apply(log, args);
    };
    client.flow(1, 2);
    await client.untilItems(2);
    log.read = async () => {
      throw new LogError('unavailable', 'away');
    };
    await append.events(...plays(200));
    client.flow(1, 1_000);
    expect(await client.next('UNSUBSCRIBED')).toMatchObject({ sub: 1, code: 'unavailable' });
  });

  it('end when the log lost what they have seen', async () => {
    const made = world({ partitions: 1, timing: { sweepMs: 20 } });
    const { append, connect, log } = made;
    const client = connect();
    client.subscribe(1, 'events');
    await client.next('SUBSCRIBED');
    await append.events(...plays(5));
    await client.untilItems(5);
    const stream = (log as MemoryLog).partitions[0]!.streams.events;
    stream.last = 2;
    stream.entries.length = 0;
    expect(await client.next('UNSUBSCRIBED')).toMatchObject({ code: 'unavailable' });
    client.subscribe(1, 'events');
    await client.next('SUBSCRIBED');
    const { state } = log;
    log.state = async () => ({ ...(await state.call(log)), identity: 'made anew' });
    expect(await client.next('UNSUBSCRIBED')).toMatchObject({ code: 'unavailable' });
  });

  it('with more partitions than an offset can tell of are refused, but not those of a user', async () => {
    const { connect, log } = world({ partitions: 256 });
    const { state } = log;
    log.state = async () => {
      const real = await state.call(log);
      return { ...real, events: real.events.map((one, i) => ({ ...one, last: 1 + i * 2 ** 40 })) };
    };
    const client = connect();
    client.subscribe(1, 'events');
    expect(await client.next('UNSUBSCRIBED')).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('partitions'),
    });
    client.subscribe(1, 'events', { filter: { user_id: 'ann' } });
    await client.next('SUBSCRIBED');
  });
});

describe('dead letters', () => {
  it('come with why they were rejected and what was sent', async () => {
    const { append, connect } = world();
    const client = connect({ subprotocol: 'gapless.v1.json' });
    client.subscribe(1, 'dead-letters');
    client.subscribe(2, 'dead-letters', { filter: { code: 'too_old' } });
    client.subscribe(3, 'dead-letters', { key: 'bob' });
    await client.until(() => client.frames.length === 3);
    const [wrong, old] = [play('ann', { action: 'jump' }), play('bob')];
    await append.deadLetters(wrong, { ...old, code: 'too_old' });
    const letters = await client.untilItems(2);
    expect(letters).toContainEqual({
      producer: 'test',
      epoch: 1,
      seq: expect.any(Number),
      stage: 'validate',
      code: 'invalid_field',
      path: 'action',
      event: wrong,
      received_at: expect.any(Number),
    });
    expect(await client.untilItems(1, 2)).toMatchObject([{ code: 'too_old', event: old }]);
    expect(await client.untilItems(1, 3)).toMatchObject([{ event: old }]);
  });

  it('whose event no client need be able to decode come without it', async () => {
    const { append, connect } = world();
    const client = connect();
    client.subscribe(1, 'dead-letters');
    await client.next('SUBSCRIBED');
    let deep: unknown = 1;
    for (let i = 0; i < 60; i++) deep = [deep];
    await append.deadLetters(play('ann', { deep }), play('ann', { broken: Number.NaN }));
    expect(await client.untilItems(2)).toMatchObject([{ event: null }, { event: null }]);
  });
});
