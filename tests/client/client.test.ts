import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClientError } from '../../client/error.ts';
import { connect } from '../../client/node.ts';
import type { ClientOptions, ClientState, GaplessClient, Verdict } from '../../client/types.ts';
import { FakeRuntime } from '../helpers/fake-runtime.ts';
import { FakeServer } from '../helpers/fake-server.ts';

let server: FakeServer;
let client: GaplessClient;
let runtime: FakeRuntime;

beforeEach(async () => {
  server = await FakeServer.start();
  runtime = new FakeRuntime();
});
afterEach(async () => {
  await client.close();
  await server.stop();
});

const event = (n: number) => ({ type: 'user_interaction', n });

/** Connects with the fake runtime: no time passes unless the test says so. */
function open(options: Partial<ClientOptions> = {}): GaplessClient {
  client = connect({ url: server.url, runtime, ...options });
  return client;
}

/** Resolves when the client gets into that state. */
function becomes(state: ClientState): Promise<void> {
  if (client.stats.state === state) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = client.on('state', (now) => {
      if (now !== state) return;
      stop();
      resolve();
    });
  });
}

/** Lost the connection: lets the backoff pass. */
async function comesBack(): Promise<void> {
  await becomes('waiting');
  runtime.advance(runtime.pending()[0]!);
}

const errorOf = () => new Promise<ClientError>((resolve) => client.on('error', resolve));

describe('events', () => {
  test('a tracked event goes out and resolves with its verdict', async () => {
    open({ context: { user_id: 'u' }, agent: 'test/1', token: 'secret' });
    const verdicts = [client.track(event(1)), client.track(event(2)), client.track(null)];
    const peer = await server.welcomed();
    expect(peer.hello).toMatchObject({
      token: 'secret',
      context: { user_id: 'u' },
      agent: 'test/1',
      epoch: 1,
      attempt: 1,
    });
    expect(peer.hello!.producer).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(await peer.published()).toEqual([1, 3]);
    expect([...peer.events.values()]).toEqual([event(1), event(2), null]);
    peer.reject([2, 'too_old', 'timestamp', 'too old'], [3, 'withdrawn', '', '']);
    peer.ack(3);
    expect(await Promise.all(verdicts)).toEqual([
      { status: 'stored', seq: 1 },
      { status: 'rejected', seq: 2, code: 'too_old', path: 'timestamp', message: 'too old' },
      { status: 'rejected', seq: 3, code: 'withdrawn', path: '', message: '' },
    ]);
    expect(client.stats).toMatchObject({
      state: 'open',
      tracked: 3,
      sent: 3,
      done: 3,
      stored: 1,
      rejected: 2,
      pending: 0,
    });
    expect(client.stats).toMatchObject({ durability: 'fsync', inFlight: 0, pendingBytes: 0 });
  });

  test('what is pushed in one turn is one frame', async () => {
    open();
    const peer = await server.welcomed();
    await becomes('open');
    const told: Verdict[] = [];
    for (let n = 1; n <= 100; n++) expect(client.push(event(n), (verdict) => told.push(verdict))).toBe(true);
    expect(await peer.published()).toEqual([1, 100]);
    peer.ack(100);
    await client.flush();
    expect(told).toHaveLength(100);
  });

  test('json speaks text', async () => {
    open({ subprotocol: 'gapless.v1.json' });
    const verdict = client.track({ type: 'x', title: 'Ünïcode' });
    const peer = await server.welcomed();
    await peer.published();
    expect(peer.events.get(1)).toEqual({ type: 'x', title: 'Ünïcode' });
    peer.ack(1);
    expect(await verdict).toEqual({ status: 'stored', seq: 1 });
  });

  test('what cannot be encoded is refused alone', async () => {
    open();
    await expect(client.track({ at: new Date() })).rejects.toThrow(TypeError);
    expect(() => client.push({ n: Number.NaN })).toThrow(TypeError);
    expect(client.stats.tracked).toBe(0);
  });

  test('listeners hear verdicts and progress; one that throws disturbs nobody', async () => {
    open();
    const uncaught = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve));
    const told: Verdict[] = [];
    client.on('verdict', () => {
      throw new Error('mine');
    });
    const stop = client.on('verdict', (verdict) => told.push(verdict));
    const progress = new Promise((resolve) => client.on('progress', resolve));
    client.push(event(1));
    const peer = await server.welcomed();
    peer.ack(0);
    await peer.published();
    peer.ack(1, 1025, 9, 7);
    expect(await progress).toMatchObject({ done: 0 });
    expect(await client.flush()).toBe(true);
    expect(await uncaught).toMatchObject({ message: 'mine' });
    process.setUncaughtExceptionCaptureCallback(null);
    expect(told).toEqual([{ status: 'stored', seq: 1 }]);
    expect(client.stats.level).toBe(7);
    stop();
  });

  test('the player fills in who, what and when', async () => {
    open();
    const player = client.player({ user_id: 'u', session_id: 's', context: { device_type: 'car' } });
    const peer = await server.welcomed();
    peer.serve();
    await player.play('t1', { context: { source: 'radio' } });
    await player.seek('t1', 900, { timestamp: 5, id: 'x', duration_ms: undefined });
    const base = { type: 'user_interaction', user_id: 'u', session_id: 's', track_id: 't1' };
    expect(peer.events.get(1)).toEqual({
      ...base,
      action: 'play',
      timestamp: expect.any(Number),
      context: { device_type: 'car', source: 'radio' },
    });
    const seek = { ...base, action: 'seek', position_ms: 900, timestamp: 5, id: 'x', context: { device_type: 'car' } };
    expect(peer.events.get(2)).toEqual(seek);
    for (const action of ['pause', 'skip', 'like', 'dislike', 'complete'] as const) await player[action]('t2');
    expect([...peer.events.values()].slice(2)).toMatchObject(
      ['pause', 'skip', 'like', 'dislike', 'complete'].map((action) => ({ ...base, action, track_id: 't2' })),
    );
  });
});

describe('credit', () => {
  test('events go as credit comes, and BLOCKED is repeated each second', async () => {
    open();
    for (let n = 1; n <= 5; n++) client.push(event(n));
    const peer = await server.welcomed({ limit: 0 });
    expect(await peer.next('BLOCKED')).toMatchObject({ seq: 5 });
    expect(client.stats.blocked).toBe(true);
    runtime.advance(1000);
    expect(await peer.next('BLOCKED')).toMatchObject({ seq: 5 });
    peer.ack(0, 2);
    expect(await peer.published()).toEqual([1, 2]);
    peer.ack(2, 5);
    expect(await peer.published()).toEqual([3, 5]);
    expect(client.stats).toMatchObject({ blocked: false, blockedMs: 1000, limit: 5, inFlight: 3 });
  });

  test('NACK sends it again', async () => {
    open();
    client.push(event(1));
    const peer = await server.welcomed();
    expect(await peer.published()).toEqual([1, 1]);
    peer.send({ op: 'NACK', from: 1, code: 'sequence_gap', message: '' });
    expect(await peer.published()).toEqual([1, 1]);
  });

  test('no timer but the one for silence while idle', async () => {
    open();
    await server.welcomed();
    await becomes('open');
    expect(runtime.pending()).toHaveLength(1);
    runtime.advance(30_000);
    expect(runtime.pending()).toEqual([15_000]);
  });
});

describe('a full outbox', () => {
  test('wait: track is held back, push says no, ready tells when', async () => {
    open({ outbox: { maxEvents: 2 } });
    const order: number[] = [];
    const tracked = [1, 2, 3, 4].map((n) => client.track(event(n)).then(({ seq }) => order.push(seq)));
    expect(client.push(event(5))).toBe(false);
    const ready = client.ready().then(() => client.push(event(5)));
    expect(client.stats).toMatchObject({ tracked: 2, pending: 2 });
    const peer = await server.welcomed();
    peer.serve();
    expect(await ready).toBe(true);
    await Promise.all(tracked);
    await client.flush();
    expect(order).toEqual([1, 2, 3, 4]);
    expect([...peer.events.values()]).toEqual([1, 2, 3, 4, 5].map(event));
  });

  test('wait: any number of waiting tracks comes through, in order', async () => {
    open({ outbox: { maxEvents: 100 } });
    const peer = server.welcomed();
    const verdicts = Array.from({ length: 20_000 }, (_, n) => client.track(event(n)));
    (await peer).serve();
    expect((await Promise.all(verdicts)).map(({ seq }) => seq)).toEqual(verdicts.map((_, i) => i + 1));
  });

  test('wait counts bytes too', async () => {
    open({ outbox: { maxBytes: 50 } });
    expect(client.push({ pad: 'x'.repeat(60) })).toBe(true);
    expect(client.push({})).toBe(false);
  });

  test('drop-newest: the new one gets no number', async () => {
    open({ outbox: { maxEvents: 1, full: 'drop-newest' } });
    const verdicts = [client.track(event(1)), client.track(event(2))];
    expect(await verdicts[1]).toEqual({ status: 'dropped', seq: 0, reason: 'outbox_full' });
    const peer = await server.welcomed();
    expect(await peer.published()).toEqual([1, 1]);
    peer.ack(1);
    client.push(event(3));
    expect(await verdicts[0]).toEqual({ status: 'stored', seq: 1 });
  });

  test('drop-oldest: the oldest that was never sent goes', async () => {
    open({ outbox: { maxEvents: 3, full: 'drop-oldest' } });
    const first = client.track(event(1));
    const peer = await server.welcomed({ limit: 1 });
    expect(await peer.published()).toEqual([1, 1]);
    const verdicts = [2, 3, 4].map((n) => client.track(event(n)));
    expect(await verdicts[0]).toEqual({ status: 'dropped', seq: 0, reason: 'outbox_full' });
    await peer.next('BLOCKED');
    peer.ack(1);
    expect(await first).toEqual({ status: 'stored', seq: 1 });
    expect(await peer.published()).toEqual([2, 3]);
    expect([...peer.events.values()]).toEqual([1, 3, 4].map(event));
    peer.ack(3);
    expect(await Promise.all(verdicts.slice(1))).toMatchObject([{ seq: 2 }, { seq: 3 }]);
    expect(client.stats).toMatchObject({ stored: 3, dropped: 1 });
  });

  test('drop-oldest: if all were sent, the oldest goes as nil the next time', async () => {
    open({ outbox: { maxEvents: 1, full: 'drop-oldest' } });
    const verdict = client.track(event(1));
    const peer = await server.welcomed();
    await peer.published();
    client.push(event(2));
    expect(await verdict).toEqual({ status: 'dropped', seq: 1, reason: 'outbox_full' });
    peer.cut();
    await comesBack();
    const again = await server.welcomed();
    expect(await again.published()).toEqual([1, 2]);
    expect([...again.events.values()]).toEqual([null, event(2)]);
  });

  test('an event above maxEventBytes is dropped, before and after the limit is known', async () => {
    open();
    const large = { pad: 'x'.repeat(200) };
    const early = client.track(large);
    client.push(event(1));
    const peer = await server.welcomed({ maxEventBytes: 100 });
    const dropped = { status: 'dropped', seq: 0, reason: 'too_large' };
    expect(await early).toEqual(dropped);
    expect(await client.track(large)).toEqual(dropped);
    expect(await peer.published()).toEqual([1, 1]);
  });
});

describe('coming back', () => {
  test.each([1001, 4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007, 4321])(
    'close %i: what is not settled goes again',
    async (code) => {
      open();
      client.push(event(1));
      client.push(event(2));
      const peer = await server.welcomed();
      await peer.published();
      peer.ack(1);
      peer.close(code, 'because');
      await comesBack();
      expect(client.stats).toMatchObject({ lastClose: { code, reason: 'because' } });
      const again = await server.welcomed();
      expect(again.hello).toMatchObject({ attempt: 2, done: 1, producer: peer.hello!.producer, epoch: 1 });
      expect(await again.published()).toEqual([2, 2]);
      expect(again.events.get(2)).toEqual(event(2));
      expect(client.stats.reconnects).toBe(1);
    },
  );

  test('a lost ACK: WELCOME settles it, with its rejections', async () => {
    open();
    const verdicts = [client.track(event(1)), client.track(event(2)), client.track(event(3))];
    const peer = await server.welcomed();
    await peer.published();
    peer.cut();
    await comesBack();
    expect(client.stats.lastClose).toMatchObject({ code: 1006, name: null });
    const again = await server.welcomed({ done: 2, rejected: [[1, 'too_old', '', '']] });
    expect(await again.published()).toEqual([3, 3]);
    again.ack(3);
    expect(await Promise.all(verdicts)).toMatchObject([
      { status: 'rejected' },
      { status: 'stored' },
      { status: 'stored' },
    ]);
  });

  test.each([
    [4500, 'protocol_error'],
    [4502, 'unauthenticated'],
    [4503, 'forbidden'],
    [4504, 'superseded'],
    [4505, 'fenced'],
    [4506, 'revoked'],
    [4507, 'too_large'],
    [4888, 'closed_for_good'],
  ])('close %i: stays away and says %s', async (closeCode, code) => {
    open({ outbox: { maxEvents: 3 } });
    const error = errorOf();
    const verdict = client.track(event(1));
    const flushed = client.flush();
    const peer = await server.welcomed();
    await peer.published();
    if (code === 'fenced') peer.goAway('fenced', 0, 77);
    peer.close(closeCode, 'for good');
    expect(await error).toMatchObject({ code, closeCode, message: expect.stringContaining('for good') });
    if (code === 'fenced') expect(await error).toMatchObject({ epoch: 77 });
    expect(client.stats).toMatchObject({ state: 'failed', pending: 1 });
    expect(await flushed).toBe(false);
    expect(runtime.pending()).toEqual([]);
    // There is room for two more, then waiting would be for ever.
    expect([client.push(event(2)), client.push(event(3)), client.push(event(4))]).toEqual([true, true, false]);
    await expect(client.ready()).rejects.toMatchObject({ code });
    await expect(client.track(event(4))).rejects.toMatchObject({ code });
    await client.close();
    await expect(verdict).rejects.toMatchObject({ code: 'client_closed' });
  });

  test('GOAWAY: no PUBLISH is started, the last ACK counts, and retryAfterMs is waited for', async () => {
    open();
    const first = client.track(event(1));
    const peer = await server.welcomed();
    await peer.published();
    peer.goAway('overloaded', 5_000);
    peer.ack(1);
    await first;
    client.push(event(2));
    peer.close(4001);
    await becomes('waiting');
    expect(runtime.pending()).toEqual([5_000]);
    runtime.advance(5_000);
    const again = await server.welcomed();
    expect(await again.published()).toEqual([2, 2]);
    expect(peer.events.has(2)).toBe(false);
    expect(client.stats.lastClose).toMatchObject({ name: 'overloaded' });
  });

  test('a server that does not close after GOAWAY is left', async () => {
    open();
    const peer = await server.welcomed();
    await becomes('open');
    const heard = new Promise((resolve) => client.on('progress', resolve));
    peer.goAway();
    peer.ack(0);
    await heard;
    runtime.advance(15_000);
    expect(client.stats.state).toBe('waiting');
    expect(await peer.closed).toBe(1000);
  });

  test('45 s of silence end the connection', async () => {
    open();
    const peer = await server.welcomed();
    await becomes('open');
    runtime.advance(44_999);
    expect(client.stats.state).toBe('open');
    runtime.advance(1);
    expect(client.stats.state).toBe('waiting');
    expect(await peer.closed).toBe(1000);
  });

  test('a server that never answers HELLO is left', async () => {
    open();
    const peer = await server.peer();
    await peer.next('HELLO');
    runtime.advance(15_000);
    expect(client.stats).toMatchObject({
      state: 'waiting',
      lastClose: { reason: 'the server was silent for too long' },
    });
    runtime.advance(500);
    await server.welcomed();
    await becomes('open');
  });

  test('nobody listening, or an upgrade refused: tries on and says why', async () => {
    const { url, port } = server;
    await server.stop();
    open({ url });
    await becomes('waiting');
    expect(client.stats.lastClose).toMatchObject({ code: 1006, reason: expect.stringContaining('ECONNREFUSED') });
    let accepting = false;
    server = await FakeServer.start({ port, accept: () => accepting });
    await comesBack();
    await becomes('waiting');
    expect(client.stats.lastClose!.reason).toContain('503');
    accepting = true;
    await comesBack();
    await server.welcomed();
    await becomes('open');
  });

  test.each([
    ['bytes that do not decode', new Uint8Array([0xc1])],
    ['text', '[17,1,2,3,0]'],
    [
      'a second WELCOME',
      new Uint8Array([
        0x92,
        16,
        0x82,
        0xa7,
        ...Buffer.from('session'),
        0xa1,
        0x73,
        0xaa,
        ...Buffer.from('serverTime'),
        1,
      ]),
    ],
  ])('%s from the server: tells and comes back', async (_, data) => {
    open();
    const peer = await server.welcomed();
    await becomes('open');
    const error = errorOf();
    peer.sendRaw(data);
    expect(await error).toMatchObject({ code: 'bad_frame' });
    expect(await peer.closed).toBe(1000);
    await comesBack();
    await server.welcomed();
  });

  test('an unknown op is ignored', async () => {
    open();
    const verdict = client.track(event(1));
    const peer = await server.welcomed();
    peer.sendRaw(new Uint8Array([0x92, 99, 1]));
    peer.ack(1);
    expect(await verdict).toMatchObject({ status: 'stored' });
  });

  test('the token is asked for each time; one that cannot be had is asked again', async () => {
    const tokens = ['one', new Error('no network'), 'two'];
    open({
      token: async () => {
        const token = tokens.shift()!;
        if (token instanceof Error) throw token;
        return token;
      },
    });
    const error = errorOf();
    const peer = await server.welcomed();
    expect(peer.hello!.token).toBe('one');
    peer.close(4006);
    await comesBack();
    expect(await error).toMatchObject({ code: 'token_failed' });
    await comesBack();
    expect((await server.welcomed()).hello).toMatchObject({ token: 'two', attempt: 3 });
  });
});

describe('whose numbering', () => {
  test('a given producer without a store begins under a new epoch', async () => {
    open({ producer: 'me' });
    expect((await server.welcomed()).hello).toMatchObject({ producer: 'me', epoch: runtime.wallClock(), done: 0 });
  });

  test('own: a done from before raises the epoch, and nothing is lost', async () => {
    open({ producer: 'me', epoch: 3 });
    const error = errorOf();
    const verdict = client.track(event(1));
    const peer = await server.welcomed({ done: 500 });
    expect(await error).toMatchObject({ code: 'numbering_lost' });
    const epoch = runtime.wallClock();
    expect(await peer.closed).toBe(1000);
    await comesBack();
    const again = await server.welcomed();
    expect(again.hello).toMatchObject({ epoch, done: 0 });
    expect(await again.published()).toEqual([1, 1]);
    again.ack(1);
    expect(await verdict).toEqual({ status: 'stored', seq: 1 });
  });

  test('derived: resume skips what is settled', async () => {
    open({ producer: 'file-1', numbering: 'derived' });
    const told: Verdict[] = [];
    client.on('verdict', (verdict) => told.push(verdict));
    const next = client.resume();
    const peer = await server.welcomed({ done: 1_000_000, rejected: [[999_999, 'too_old', '', '']] });
    expect(peer.hello).toMatchObject({ epoch: 1, done: 0, attempt: runtime.wallClock() + 1 });
    expect(await next).toBe(1_000_001);
    expect(told).toMatchObject([{ seq: 999_999, status: 'rejected' }]);
    client.push(event(1));
    expect(await peer.published()).toEqual([1_000_001, 1_000_001]);
  });

  test('derived: what is settled is not sent', async () => {
    open({ producer: 'file-1', numbering: 'derived' });
    const verdicts = [1, 2, 3].map((n) => client.track(event(n)));
    const peer = await server.welcomed({ done: 4, rejected: [[2, 'too_old', '', '']] });
    expect(await Promise.all(verdicts)).toMatchObject([
      { status: 'settled' },
      { status: 'rejected' },
      { status: 'settled' },
    ]);
    expect(await client.track(event(4))).toEqual({ status: 'settled', seq: 4 });
    client.push(event(5));
    expect(await peer.published()).toEqual([5, 5]);
    expect(client.stats).toMatchObject({ stored: 3, rejected: 1 });
  });
});

describe('ending', () => {
  test('flush: true when all is settled, false when the time is over', async () => {
    open();
    expect(await client.flush()).toBe(true);
    client.push(event(1));
    const late = client.flush({ timeout: 500 });
    const all = client.flush();
    const peer = await server.welcomed();
    await peer.published();
    runtime.advance(500);
    expect(await late).toBe(false);
    peer.ack(1);
    expect(await all).toBe(true);
    expect(runtime.pending()).toHaveLength(1);
  });

  test('close: 1000, and whoever waits is told', async () => {
    open({ outbox: { maxEvents: 1 } });
    const rejections = [client.track(event(1)), client.track(event(2)), client.ready()];
    const flushed = client.flush();
    const peer = await server.welcomed();
    await peer.published();
    const closing = client.close();
    for (const rejection of rejections) await expect(rejection).rejects.toMatchObject({ code: 'client_closed' });
    expect(await flushed).toBe(false);
    expect(await peer.closed).toBe(1000);
    await closing;
    expect(client.stats.state).toBe('closed');
    expect(client.close()).toBe(closing);
    expect(() => client.push(event(3))).toThrow(ClientError);
    await expect(client.track(event(3))).rejects.toMatchObject({ code: 'client_closed' });
    expect(runtime.pending()).toEqual([]);
  });

  test('close does not wait for ever for a server that does not answer', async () => {
    open();
    const peer = await server.welcomed();
    await becomes('open');
    peer.freeze();
    const closing = client.close();
    await vi.waitFor(() => expect(runtime.pending()).toEqual([2_000]));
    runtime.advance(2_000);
    await closing;
  });

  test('a verdict that nobody waits for rejects silently at close', async () => {
    open();
    void client.track(event(1));
    await client.close();
  });

  test('close before the first connection is made', async () => {
    open();
    await client.close();
    expect(server.peers).toEqual([]);
  });
});

describe('options', () => {
  const url = 'ws://127.0.0.1:1';
  test.each<[string, Record<string, unknown>]>([
    ['url is not one', { url: 'nowhere' }],
    ['ws:// or wss://', { url: 'http://localhost' }],
    ['there is no option urls', { url, urls: [] }],
    ['subprotocol is one of', { url, subprotocol: 'mqtt' }],
    ['producer is 1 to 64', { url, producer: 'a b' }],
    ['epoch is an integer', { url, epoch: 0 }],
    ['at least 1', { url, outbox: { maxEvents: 0 } }],
    ['outbox.full is one of', { url, outbox: { full: 'panic' } }],
    ['derived numbering needs', { url, numbering: 'derived' }],
    ['derived numbering needs', { url, numbering: 'derived', producer: 'p', outbox: { full: 'drop-oldest' } }],
    ['context is longer than 1024', { url, context: { user_id: 'x'.repeat(1024) } }],
  ])('%s', (message, options) => {
    open();
    const wrong = () => connect(options as unknown as ClientOptions);
    expect(wrong).toThrow(ClientError);
    expect(wrong).toThrow(message);
  });
});
