/** What comes out of the log over HTTP, from a whole server: features and lists follow from what was acknowledged. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StoredEvent } from '../../format/model.ts';
import { partitionOf } from '../../format/partition.ts';
import { decodeEvents } from '../../format/stored-event.ts';
import { openEmbeddedReader } from '../../server/log/embedded/reader.ts';
import { runCli } from '../helpers/cli.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';

const PARTITIONS = 4;
let server: TestServer;
let first = 1;
beforeAll(async () => {
  server = await startTestServer({ GAPLESS_PARTITIONS: String(PARTITIONS) });
}, 60_000);
afterAll(() => server.stop());

// biome-ignore lint/suspicious/noExplicitAny: tests look at what came, whatever it is
type Json = any;

async function get(path: string): Promise<{ status: number; json: Json }> {
  const response = await fetch(server.http(path));
  return { status: response.status, json: await response.json() };
}
async function post(path: string, body: unknown): Promise<{ status: number; json: Json }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(server.http(path), { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, json: await response.json() };
}

const play = (user: string, track: string, action = 'play', more = {}) => ({
  ...{ type: 'user_interaction', timestamp: Date.now(), user_id: user, session_id: `s-${user}`, track_id: track },
  ...{ action, ...more },
});
async function publish(...events: object[]): Promise<void> {
  const reply = await post('/v1/events', { producer: 'test', first, events });
  expect(reply.json).toMatchObject({ accepted: events.length });
  first += events.length;
}

/** The lists of this user that stand in the log. */
async function served(user: string): Promise<StoredEvent[]> {
  const reader = await openEmbeddedReader(server.dataDir);
  const items = await reader.read('events', partitionOf('default', user, PARTITIONS), 1, 1e9);
  await reader.close();
  const events = items.filter((item) => item.status === 'intact').flatMap(decodeEvents);
  return events
    .map(({ event }) => event)
    .filter(({ type, user_id }) => type === 'recommendation_served' && user_id === user);
}

/** Asks until the answer passes. */
async function until<T>(ask: () => Promise<T>, passes: (answer: T) => boolean): Promise<T> {
  let answer = await ask();
  await vi.waitUntil(
    async () => {
      if (passes(answer)) return true;
      answer = await ask();
      return false;
    },
    { timeout: 20_000, interval: 20 },
  );
  return answer;
}

/** The index has learned that these tracks go together. */
async function learned(): Promise<void> {
  for (let i = 0; i < 8; i++) {
    const user = `listener-${i}`;
    await publish(...['a', 'b', 'c', 'd', 'e'].map((track) => play(user, track)));
  }
  await until(
    () => get('/recommendations/newcomer?count=5'),
    ({ json }) => json.degraded === undefined && json.tracks?.length > 0,
  );
}

describe('features', () => {
  it('follow from events', async () => {
    await publish(play('fan', 'x'), play('fan', 'x', 'like'), play('fan', 'y', 'skip', { position_ms: 1_000 }));
    const { json } = await until(
      () => get('/v1/features/user/fan?features=user:*'),
      (reply) => reply.json.features['user:skips_total'].value === 1,
    );
    expect(json.features['user:plays_total']).toMatchObject({ status: 'present', value: 1 });
    expect(json.features['user:likes_total']).toMatchObject({ value: 1 });
    const unknown = await get('/features/user/nobody');
    expect(unknown.status).toBe(200);
    for (const value of Object.values<Json>(unknown.json.features)) expect(value).toEqual({ status: 'not_found' });
  });

  it('of many rows stand in their order', async () => {
    await publish(play('one', 'z'), play('two', 'z'), play('two', 'z'));
    const features = ['user:plays_total', 'track:plays_total'];
    const rows = [
      { user: 'two', track: 'z' },
      { user: 'one', track: 'z' },
      { user: 'none', track: 'none' },
    ];
    // Users and tracks are saved each in its own time.
    const { json } = await until(
      () => post('/features/batch', { features, rows }),
      ({ json: { rows } }) => rows[0][1].value === 3 && rows[0][0].value === 2 && rows[1][0].value === 1,
    );
    expect(json.features).toEqual(features);
    const values = json.rows.map((row: Json[]) => row.map(({ value }) => value ?? null));
    expect(values).toEqual([
      [2, 3],
      [1, 3],
      [null, null],
    ]);
  });

  it('are all in the registry', async () => {
    const { views } = (await get('/features')).json;
    const { json } = await get('/features/user/fan');
    const told = views.filter(({ entity }: Json) => entity === 'user').flatMap(({ features }: Json) => features);
    expect(Object.keys(json.features)).toEqual(told.map(({ reference }: Json) => reference));
  });

  it('that there are not are no fault of the server', async () => {
    expect((await get('/features/user/u?features=user:zip')).json).toMatchObject({
      status: 400,
      code: 'unknown_feature',
    });
  });
});

describe('recommendations', () => {
  beforeAll(learned, 30_000);

  it('know the last event that was acknowledged, and are in the log before they are shown', async () => {
    await publish(play('me', 'a'), play('me', 'b', 'dislike'));
    const { status, json } = await get('/v1/recommendations/me?count=10');
    expect(status).toBe(200);
    const tracks = json.tracks.map(({ track_id }: Json) => track_id);
    expect(tracks).toContain('c');
    expect(tracks).not.toContain('a');
    expect(tracks).not.toContain('b');
    expect(json).toMatchObject({
      user_id: 'me',
      recommendation_id: expect.any(String),
      confidence: expect.any(Number),
    });
  });

  it('are the same for the same request', async () => {
    const ask = () => get('/recommendations/same?count=3&request_id=q-1');
    const before = await ask();
    await publish(play('same', 'a'));
    const after = await ask();
    expect(after.json.recommendation_id).toBe(before.json.recommendation_id);
    expect(after.json.tracks.map(({ track_id }: Json) => track_id)).toEqual(
      before.json.tracks.map(({ track_id }: Json) => track_id),
    );
    expect((await get('/recommendations/same?count=3')).json.recommendation_id).not.toBe(before.json.recommendation_id);
  });

  it('are one list in the log, however many ask at once', async () => {
    const asked = Array.from({ length: 20 }, () => get('/recommendations/crowd?request_id=at-once'));
    const ids = new Set((await Promise.all(asked)).map(({ json }) => json.recommendation_id));
    expect(ids.size).toBe(1);
    expect((await served('crowd')).map(({ recommendation_id }) => recommendation_id)).toEqual([...ids]);
  });

  it('keep to filters, and are like a track', async () => {
    const excluded = await get('/recommendations/picky?exclude=c&exclude=d');
    for (const track of ['c', 'd'])
      expect(excluded.json.tracks.map(({ track_id }: Json) => track_id)).not.toContain(track);
    const similar = await get('/recommendations/picky/similar/a?count=3');
    expect(similar.status).toBe(200);
    expect(similar.json.tracks.map(({ track_id }: Json) => track_id)).not.toContain('a');
    expect(similar.json.tracks.length).toBeGreaterThan(0);
  });

  it('come for many at once, and feedback on them becomes features', async () => {
    const { json } = await post('/recommendations/batch', {
      requests: [
        { user_id: 'p', count: 2 },
        { user_id: 'q', count: 1 },
      ],
    });
    expect(json.results).toMatchObject([{ list: { user_id: 'p' } }, { list: { user_id: 'q' } }]);
    const [{ list }] = json.results;
    const [track] = list.tracks;
    const about = {
      timestamp: Date.now(),
      user_id: 'p',
      recommendation_id: list.recommendation_id,
      track_id: track.track_id,
    };
    const shown = { type: 'recommendation_shown', ...about, position: 0 };
    const reply = await post('/feedback', [shown, { type: 'recommendation_clicked', ...about }]);
    expect(reply.json).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
    await until(
      () => get('/features/user/p?features=user:impressions_total&features=user:clicks_total'),
      ({ json }) => json.features['user:clicks_total'].value === 1,
    );
  });
});

it('serves the document of what it serves', async () => {
  const { json } = await get('/openapi.json');
  expect(Object.keys(json.paths)).toContain('/v1/recommendations/{user_id}');
});

describe('docs/HTTP.md', () => {
  const examples = [...readFileSync('docs/HTTP.md', 'utf8').matchAll(/```sh\n(curl [^`]+)```/g)].map(
    ([, command]) => command!,
  );

  it('has an example for each group of routes', () => {
    const text = examples.join();
    for (const path of [
      '/recommendations/u',
      '/similar/',
      '/batch',
      '/feedback',
      '/features/',
      '/v1/events',
      '/openapi.json',
    ])
      expect(text).toContain(path);
  });

  it.each(examples)('%s', async (command) => {
    const here = command
      .replaceAll('localhost:8080', new URL(server.http('/')).host)
      .replace('curl -s', 'curl -s --fail');
    const { stdout } = await promisify(execFile)('bash', ['-c', here], { maxBuffer: 1 << 22 });
    expect(JSON.parse(stdout)).not.toHaveProperty('code');
  });
});

it('what is erased beside the running server is gone, also from the memory of its processor', async () => {
  const plays = async () =>
    (await get('/features/user/eve?features=user:plays_total')).json.features['user:plays_total'];
  await publish(play('eve', 'a'), play('eve', 'b'));
  await until(plays, ({ value }) => value === 2);
  const erased = await runCli(['features', 'erase', 'eve', '--data-dir', server.dataDir]);
  expect([erased.code, erased.stderr]).toEqual([0, expect.stringMatching(/^Erased \d+ records of eve\.\n$/)]);
  expect(await plays()).toEqual({ status: 'not_found' });
  await publish(play('eve', 'c'));
  expect((await until(plays, ({ status }) => status === 'present')).value).toBe(1);
  const nobody = await runCli(['features', 'erase', 'nobody', '--data-dir', server.dataDir]);
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('nothing is known of nobody')]);
});
