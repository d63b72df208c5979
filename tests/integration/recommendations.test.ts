/** Recommendations from whole servers: open sessions, request ids over restarts and kills, several processes, attribution. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect, type GaplessClient } from '../../client/node.ts';
import { decodeMessage } from '../../server/bus/message.ts';
import { type PopularMessage, TOPICS } from '../../server/bus/messages.ts';
import { openRedisBus } from '../../server/bus/redis.ts';
import { describeWithRedis, freePort, startRedis } from '../helpers/redis-server.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { ServerProcess } from '../helpers/server-process.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look at what came, whatever it is
type Json = any;

const TRACKS = Array.from({ length: 20 }, (_, n) => `t${n}`);
const play = (user: string, track: string, action = 'play', more = {}) => ({
  ...{ type: 'user_interaction', timestamp: Date.now(), user_id: user, session_id: `s-${user}`, track_id: track },
  ...{ action, ...more },
});

async function get(url: string, path: string): Promise<{ status: number; json: Json }> {
  const response = await fetch(url.replace(/^ws/, 'http') + path);
  return { status: response.status, json: await response.json() };
}
/** Acknowledged. */
async function publish(url: string, ...events: object[]): Promise<void> {
  const response = await fetch(`${url.replace(/^ws/, 'http')}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  expect(await response.json()).toMatchObject({ accepted: events.length });
}
const ids = (list: Json): string[] => list.tracks.map(({ track_id }: Json) => track_id);

/** Listeners that play the tracks in their order, until the models know it. */
async function taught(url: string): Promise<void> {
  for (let n = 0; n < 6; n++) await publish(url, ...TRACKS.map((track) => play(`other-${n}`, track)));
  await vi.waitFor(
    async () => {
      const { json } = await get(url, '/recommendations/newcomer?count=20');
      expect(json.degraded).toBeUndefined();
      expect(json.tracks).toHaveLength(TRACKS.length);
    },
    { timeout: 20_000, interval: 50 },
  );
}

describe('one server', () => {
  let server: TestServer;
  const clients: GaplessClient[] = [];
  beforeAll(async () => {
    server = await startTestServer();
    await taught(server.url);
  }, 60_000);
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
  });
  const open = () => {
    const client = connect({ url: server.url, publish: false });
    clients.push(client);
    return client;
  };

  it('pushes a list at once and after each change, without what was disliked or skipped, and it is in the log', async () => {
    const stored: string[] = [];
    const log = open().subscribe('events', { filter: { type: 'recommendation_served', user_id: 'ann' } });
    void (async () => {
      for await (const event of log) stored.push(event.recommendation_id as string);
    })();
    await vi.waitFor(() => expect(log.state).toBe('live'), 10_000);
    await publish(server.url, play('ann', 't3'));
    const lists: Json[] = [];
    let said: 'nothing' | 'dislike' | 'skip' = 'nothing';
    for await (const { value } of open().subscribe('recommendations', { key: 'ann' })) {
      lists.push(value);
      // One may be on its way that was made just before.
      expect(lists.length).toBeLessThan(6);
      const tracks = ids(value);
      if (said === 'nothing') {
        expect(tracks[0]).toBe('t4');
        await publish(server.url, play('ann', 't4', 'dislike'));
        said = 'dislike';
      } else if (said === 'dislike') {
        if (tracks.includes('t4')) continue;
        await publish(server.url, play('ann', 't5', 'skip', { position_ms: 3_000 }));
        said = 'skip';
      } else {
        expect(tracks).not.toContain('t4');
        if (!tracks.includes('t5')) break;
      }
    }
    await vi.waitFor(() => expect(stored).toEqual(lists.map(({ recommendation_id }) => recommendation_id)), 10_000);
  });

  it('counts what becomes of a list by model and rank', async () => {
    const { json: list } = await get(server.url, '/recommendations/bob?count=3');
    const of = (type: string, track: string) => ({
      ...{ type, timestamp: Date.now(), user_id: 'bob' },
      ...{ recommendation_id: list.recommendation_id, track_id: track },
    });
    const [first, second, third] = ids(list) as [string, string, string];
    await publish(
      server.url,
      ...ids(list).map((track) => of('recommendation_shown', track)),
      of('recommendation_clicked', second),
      play('bob', second, 'play', { recommendation_id: list.recommendation_id }),
      play('bob', second, 'complete', { recommendation_id: list.recommendation_id }),
      play('bob', third, 'skip', { recommendation_id: list.recommendation_id, position_ms: 1_000 }),
    );
    expect(first).not.toBe(second);
    await vi.waitFor(async () => {
      const body = JSON.stringify({
        features: [
          'model:shown_total',
          'model:click_through_by_rank_7d',
          'model:skipped_total',
          'model:completed_total',
        ],
        rows: [{ model: 'blend' }],
      });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(server.http('/features/batch'), { method: 'POST', headers, body });
      const { rows } = (await response.json()) as Json;
      expect(rows[0].map(({ value }: Json) => value)).toEqual([3, [0, 1, 0], 1, 1]);
    }, 10_000);
  });
});

it('a request id gives the same list after a stop and after a kill, and the index goes on from its snapshot', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gapless-recommend-'));
  const server = new ServerProcess(await freePort(), { GAPLESS_DATA_DIR: dataDir, GAPLESS_LEASE_TTL: '1s' });
  try {
    await server.start();
    await taught(server.url);
    const ask = async (requestId: string) => {
      const path = `/recommendations/ann?count=5&request_id=${requestId}`;
      let answer = await get(server.url, path);
      await vi.waitFor(
        async () => {
          answer = await get(server.url, path);
          expect(answer.status).toBe(200);
        },
        { timeout: 20_000, interval: 50 },
      );
      return answer.json;
    };
    const first = await ask('r1');
    await publish(server.url, play('ann', ids(first)[0]!, 'dislike'));
    await server.stop();
    await server.start();
    expect(await ask('r1')).toEqual(first);
    const second = await ask('r2');
    expect(second.degraded).toBeUndefined();
    expect(ids(second)).not.toContain(ids(first)[0]);
    await server.kill();
    await server.start();
    expect(await ask('r1')).toEqual(first);
    expect(await ask('r2')).toEqual(second);
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}, 60_000);

/** All gateways have been told what is popular. */
async function popularityHeard(url: string): Promise<void> {
  const bus = await openRedisBus({ url, prefix: 'gapless', onError: () => {} });
  const heard: Partial<PopularMessage>[] = [];
  bus.subscribe(TOPICS.popular, (bytes) => heard.push(decodeMessage<PopularMessage>(bytes)!));
  await vi.waitFor(() => expect(heard.at(-1)?.tracks).toHaveLength(TRACKS.length), 10_000);
  await bus.close();
}

describeWithRedis('several servers on one Redis', () => {
  it('ask the owner wherever it is, say what is popular when there is none, and go on with the next one', async () => {
    const redis = await startRedis({ appendonly: 'yes' });
    const env = { GAPLESS_REDIS_URL: redis.url, GAPLESS_LEASE_TTL: '1s', GAPLESS_RECOMMENDATION_WAIT: '500ms' };
    const processor = () => ({ GAPLESS_REDIS_URL: redis.url, GAPLESS_LEASE_TTL: '1s', GAPLESS_ROLES: 'processor' });
    const gateways = await Promise.all([1, 2].map(() => startTestServer({ ...env, GAPLESS_ROLES: 'gateway' })));
    const first = new ServerProcess(await freePort(), processor());
    const second = new ServerProcess(await freePort(), processor());
    const [one, two] = gateways as [TestServer, TestServer];
    const client = connect({ url: two.url, publish: false });
    try {
      const { status, json } = await get(one.url, '/recommendations/ann');
      expect({ status, ...json }).toMatchObject({ status: 200, model: 'popularity', degraded: true, tracks: [] });
      await first.start();
      await taught(one.url);
      const lists = await Promise.all(
        [one, two, one, two].map(({ url }) => get(url, '/recommendations/ann?request_id=r1&count=5')),
      );
      expect(new Set(lists.map(({ json }) => json.recommendation_id)).size).toBe(1);
      expect(lists[0]!.json.degraded).toBeUndefined();

      const pushed: Json[] = [];
      void (async () => {
        for await (const { value } of client.subscribe('recommendations', { key: 'ann' })) pushed.push(value);
      })();
      await vi.waitFor(() => expect(pushed.length).toBeGreaterThan(0), 10_000);

      await popularityHeard(redis.url);
      await first.kill();
      const degraded = (await get(two.url, '/recommendations/ann?request_id=r3&count=5')).json;
      expect(degraded).toMatchObject({ degraded: true, model: 'popularity' });
      expect(degraded.tracks).toHaveLength(5);

      await second.start();
      await vi.waitFor(
        async () => {
          const { json } = await get(one.url, '/recommendations/ann?count=5');
          expect(json.model).toBe('blend');
          expect(json.degraded).toBeUndefined();
        },
        { timeout: 20_000, interval: 100 },
      );
      // What was shown for a request stays what it is, whoever made it.
      expect((await get(one.url, '/recommendations/ann?request_id=r3&count=5')).json).toMatchObject({
        recommendation_id: degraded.recommendation_id,
        degraded: true,
      });
      expect((await get(one.url, '/recommendations/ann?request_id=r1&count=5')).json.recommendation_id).toBe(
        lists[0]!.json.recommendation_id,
      );
      const before = pushed.filter(({ model }) => model === 'blend').at(-1)!;
      await publish(one.url, play('ann', ids(before)[0]!, 'dislike'));
      await vi.waitFor(() => {
        expect(pushed.at(-1)!.model).toBe('blend');
        expect(ids(pushed.at(-1)!)).not.toContain(ids(before)[0]);
      }, 10_000);
    } finally {
      await client.close();
      await Promise.all([...gateways.map((gateway) => gateway.stop()), first.stop(), second.stop()]);
      await redis.stop();
    }
  }, 90_000);
});
