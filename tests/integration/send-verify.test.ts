/** `send`, `verify`, `simulate` and `log` against a real server: what a user sees, and that the exit codes tell the truth. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finish, runCli, startCli, temporaryFolder } from '../helpers/cli.ts';
import { runHere } from '../helpers/cli-here.ts';
import { describeWithRedis, freePort, type RedisServer, startRedis, until } from '../helpers/redis-server.ts';
import { ServerProcess } from '../helpers/server-process.ts';

const TOKEN = 'a-token-that-nobody-guesses';

const folder = temporaryFolder();
const DATA = ['--data-dir', folder.in('data')];
let server: ServerProcess;
let to: string[];

beforeAll(async () => {
  const env = { GAPLESS_DATA_DIR: folder.in('data'), GAPLESS_TOKEN: TOKEN, ENABLE_REALTIME_PROCESSING: 'false' };
  server = new ServerProcess(await freePort(), env);
  await server.start();
  to = ['--url', server.url, '--token', TOKEN, '--timeout', '30s'];
});
afterAll(async () => {
  await server.kill();
  folder.remove();
});

async function simulated(name: string, events: number, seed: number): Promise<string> {
  const file = folder.in(name);
  const args = ['simulate', '--out', file, '--events', String(events), '--seed', String(seed)];
  expect((await runHere(args)).code).toBe(0);
  return file;
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const RATING = { type: 'explicit_rating', timestamp: '2026-01-01T00:00:00Z', user_id: 'u', track_id: 't', rating: 3 };

describe('gapless send and verify', () => {
  it('store a file once, however often it is sent', async () => {
    const file = await simulated('once.ndjson', 5000, 21);
    const first = await runCli(['send', file, '--json', ...to]);
    expect(first.code, first.stderr).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({
      ...{ status: 'settled', lines: 5000, stored: 5000, already: 0, rejected: 0, unsettled: 0, durability: 'fsync' },
      producer: expect.stringMatching(/^file-[0-9a-f]{26}$/),
    });
    const second = await runHere(['send', file, '--json', ...to]);
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ lines: 5000, stored: 0, already: 5000 });
    const verified = await runCli(['verify', file, '--json', ...DATA]);
    expect(verified.code, verified.stdout).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      ok: true,
      lines: 5000,
      stored: 5000,
      missing: 0,
      duplicates: 0,
    });
  });

  it('log read --json gives back what was sent', async () => {
    const file = await simulated('back.ndjson', 1000, 22);
    const sent = await runHere(['send', file, '--producer', 'back', ...to]);
    expect(sent.code, sent.stderr).toBe(0);
    const { code, stdout } = await runHere(['log', 'read', '--json', '--producer', 'back', ...DATA]);
    expect(code).toBe(0);
    const lines = jsonLines(readFileSync(file, 'utf8'));
    const stored = jsonLines(stdout);
    expect(stored).toHaveLength(1000);
    for (const event of stored) expect(event).toMatchObject(lines[(event.seq as number) - 1]!);
    const lastOf = new Map<unknown, number>();
    for (const { partition, position, seq } of stored) {
      expect(seq).toBeGreaterThan(lastOf.get(partition) ?? 0);
      lastOf.set(partition, seq as number);
      expect(position).toBeGreaterThan(0);
    }
  });

  it('report what was rejected by line, and account for it', async () => {
    const file = folder.in('mixed.ndjson');
    const lines = [
      JSON.stringify(RATING),
      '',
      '{"type":"explicit_rating"',
      JSON.stringify({ ...RATING, rating: 9 }),
      JSON.stringify({ ...RATING, type: 'nothing' }),
      JSON.stringify({ ...RATING, track_id: 'x'.repeat(20_000) }),
      '\r',
      JSON.stringify({ ...RATING, track_id: 't2' }),
    ];
    writeFileSync(file, lines.join('\n'));
    for (const repeated of [false, true]) {
      const { code, stdout } = await runHere(['send', file, '--json', ...to]);
      expect(code).toBe(2);
      const summary = JSON.parse(stdout);
      expect(summary).toMatchObject({
        lines: 8,
        blank: 2,
        unsettled: 0,
        stored: repeated ? 0 : 2,
        already: repeated ? 3 : 0,
      });
      const places = summary.rejections.map(({ line, code, path }: Record<string, unknown>) => [line, code, path]);
      expect(places).toEqual([
        [3, 'unreadable', ''],
        [4, 'invalid_field', 'rating'],
        [5, 'unknown_type', 'type'],
        // Not sent at all, so the server has no reason to remember.
        ...(repeated ? [] : [[6, 'too_large', '']]),
      ]);
    }
    const text = await runHere(['send', file, ...to]);
    expect(text.stdout).toContain('line 4: invalid_field at rating: ');
    const verified = await runHere(['verify', file, '--json', ...DATA]);
    expect(verified.code, verified.stdout).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({ stored: 2, rejected: 2, tooLarge: 1, unreadable: 1, blank: 2 });
    const { stdout } = await runHere(['dlq', 'list', '--json', ...DATA]);
    expect(jsonLines(stdout)).toMatchObject([
      { seq: 4, code: 'invalid_field', path: 'rating', stage: 'validate', event: { rating: 9 } },
      { seq: 5, code: 'unknown_type' },
    ]);
  });

  it('take standard input under a name, and the rest of it later', async () => {
    const lines = [1, 2, 3].map((rating) => `${JSON.stringify({ ...RATING, rating })}\n`);
    const part = await runCli(['send', '-', '--producer', 'pipe', '--json', ...to], {
      stdin: lines.slice(0, 2).join(''),
    });
    expect(part.code, part.stderr).toBe(0);
    const whole = await runCli(['send', '--producer', 'pipe', '--json', ...to], { stdin: lines.join('') });
    expect(JSON.parse(whole.stdout)).toMatchObject({ file: '-', lines: 3, stored: 1, already: 2 });
    writeFileSync(folder.in('pipe.ndjson'), lines.join(''));
    expect((await runHere(['verify', folder.in('pipe.ndjson'), '--producer', 'pipe', ...DATA])).code).toBe(0);
    appendFileSync(folder.in('pipe.ndjson'), lines[0]!);
    const more = await runHere(['verify', folder.in('pipe.ndjson'), '--producer', 'pipe', ...DATA]);
    expect(more.code).toBe(1);
    expect(more.stdout).toContain('not settled yet');
  });

  it('go on after Ctrl-C', async () => {
    const file = await simulated('interrupted.ndjson', 15_000, 23);
    const before = await server.metric('gapless_events_accepted_total');
    const child = startCli(['send', file, '--json', ...to]);
    const ended = finish(child);
    await until(async () => (await server.metric('gapless_events_accepted_total')) > before + 1000);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'interrupted' });
    expect(stderr).toContain('Run the same command again');
    const again = await runHere(['send', file, '--json', ...to]);
    expect(again.code, again.stderr).toBe(0);
    const { stored, already } = JSON.parse(again.stdout);
    expect(already).toBeGreaterThan(0);
    expect(stored + already).toBe(15_000);
    expect((await runHere(['verify', file, ...DATA])).code).toBe(0);
  });

  it('go on over a server that is stopped in order and started again', async () => {
    const file = await simulated('restarted.ndjson', 15_000, 24);
    const before = await server.metric('gapless_events_accepted_total');
    const sending = finish(startCli(['send', file, '--json', ...to]));
    await until(async () => (await server.metric('gapless_events_accepted_total')) > before + 1000);
    expect(await server.stop()).toBe(0);
    await server.start();
    const { code, stdout, stderr } = await sending;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ lines: 15_000, unsettled: 0 });
    expect((await runHere(['verify', file, ...DATA])).code).toBe(0);
  });

  it('are told that the token is wrong', async () => {
    const { code, stderr } = await runHere(['send', folder.in('once.ndjson'), '--url', server.url, '--token', 'wrong']);
    expect(code).toBe(1);
    expect(stderr).toContain('GAPLESS_TOKEN');
  });
});

describe('gapless simulate', () => {
  it('sends as many events as asked for, over as many producers, as of now', async () => {
    const began = Date.now();
    const args = ['simulate', '--rate', 'max', '--events', '3001', '--connections', '3', '--json', ...to];
    const { code, stdout, stderr } = await runCli(args);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ sent: 3001, acknowledged: 3001, rejected: 0, unsettled: 0 });
    const read = await runHere(['log', 'read', '--json', '--since', new Date(began).toISOString(), ...DATA]);
    const events = jsonLines(read.stdout);
    expect(events).toHaveLength(3001);
    expect(new Set(events.map(({ producer }) => producer)).size).toBe(3);
    for (const { timestamp } of events) expect(timestamp).toBeGreaterThanOrEqual(began);
  });

  it('keeps to its rate', async () => {
    const { code, stdout } = await runCli(['simulate', '--rate', '200', '--duration', '1s', '--json', ...to]);
    expect(code).toBe(0);
    const { sent } = JSON.parse(stdout);
    // A machine that is late for its last turn has sent a few more by then.
    expect(sent).toBeGreaterThanOrEqual(150);
    expect(sent).toBeLessThanOrEqual(400);
  });

  it('ends with a summary at Ctrl-C', async () => {
    const before = await server.metric('gapless_events_accepted_total');
    const child = startCli(['simulate', '--rate', '500', ...to]);
    const ended = finish(child);
    await until(async () => (await server.metric('gapless_events_accepted_total')) > before + 50);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/^Sent [\d,]+, acknowledged [\d,]+, rejected 0, not settled 0/);
  });
});

describe('gapless log tail', () => {
  it('prints what comes, until it has enough', async () => {
    const child = startCli(['log', 'tail', '--limit', '5', '--producer', 'tailed', ...DATA]);
    const ended = finish(child);
    await new Promise<void>((resolve) => {
      child.stderr!.on('data', (text: string) => text.includes('Following') && resolve());
    });
    const lines = Array.from({ length: 8 }, () => `${JSON.stringify(RATING)}\n`).join('');
    expect((await runCli(['send', '-', '--producer', 'tailed', ...to], { stdin: lines })).code).toBe(0);
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(6);
  });

  it('ends with 0 at Ctrl-C', async () => {
    const child = startCli(['log', 'tail', '--since', '1h', ...DATA]);
    const ended = finish(child);
    await new Promise<void>((resolve) => child.stdout!.once('data', () => resolve()));
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, signal: null });
  });
});

describe('gapless serve', () => {
  it('refuses a folder that is in use, and a port that is', async () => {
    const folderInUse = await runCli(['serve', '--port', '0', ...DATA]);
    expect(folderInUse).toMatchObject({ code: 1, stderr: expect.stringContaining('in use by process') });
    const portInUse = await runCli(['serve', '--port', String(server.port), '--data-dir', folder.in('other')]);
    expect(portInUse).toMatchObject({ code: 1, stderr: expect.stringContaining(`Port ${server.port}`) });
  });

  it('says where it listens, what an ACK promises and how much may be in flight', async () => {
    const child = startCli(['serve', '--port', '0', '--data-dir', folder.in('said')]);
    const ended = finish(child);
    await new Promise<void>((resolve) => {
      child.stderr!.on('data', (text: string) => text.includes('Ctrl-C') && resolve());
    });
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/listens on ws:\/\/127\.0\.0\.1:[1-9]\d+ /);
    expect(stderr).toMatch(/engine +embedded/);
    expect(stderr).toMatch(/an ACK +fsync/);
    expect(stderr).toMatch(/in flight +at most 64MiB/);
  });

  it('prints its settings, secrets masked', async () => {
    const { code, stdout } = await runHere(['serve', '--print-config'], {
      GAPLESS_TOKEN: TOKEN,
      GAPLESS_PORT: '81',
    });
    expect(code).toBe(0);
    expect(stdout).toContain('GAPLESS_PORT=81');
    expect(stdout).not.toContain(TOKEN);
    const json = await runHere(['serve', '--print-config', '--json', '--port', '82']);
    expect(JSON.parse(json.stdout)).toContainEqual(expect.objectContaining({ name: 'GAPLESS_PORT', value: '82' }));
  });
});

describeWithRedis('the same on Redis', () => {
  let redis: RedisServer;
  let onRedis: ServerProcess;
  beforeAll(async () => {
    redis = await startRedis();
    // Not the default: commands that read must find it out by themselves.
    onRedis = new ServerProcess(await freePort(), { GAPLESS_REDIS_URL: redis.url, GAPLESS_PARTITIONS: '5' });
    await onRedis.start();
  });
  afterAll(async () => {
    await onRedis?.kill();
    await redis?.stop();
  });

  it('send, verify, log and dlq', async () => {
    const file = await simulated('redis.ndjson', 3000, 25);
    appendFileSync(file, `${JSON.stringify({ ...RATING, rating: 0 })}\n`);
    const where = ['--redis-url', redis.url];
    const sent = await runHere(['send', file, '--json', '--url', onRedis.url]);
    expect(sent.code, sent.stderr).toBe(2);
    expect(JSON.parse(sent.stdout)).toMatchObject({ stored: 3000, rejected: 1, reasons: { invalid_field: 1 } });
    const verified = await runHere(['verify', file, '--json', ...where]);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    const stats = JSON.parse((await runHere(['log', 'stats', '--json', ...where])).stdout);
    expect(stats).toMatchObject({ partitions: 5, events: { stored: 3000 }, deadLetters: { stored: 1 } });
    expect(jsonLines((await runHere(['dlq', 'list', '--json', ...where])).stdout)).toMatchObject([{ seq: 3001 }]);
    expect(jsonLines((await runHere(['log', 'read', '--json', '--limit', '10', ...where])).stdout)).toHaveLength(10);
  });
});
