/** `gapless tail --group`, `gapless groups` and `gapless fanout` as processes on real storage. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbeddedLog } from '../../server/log/embedded/log.ts';
import { openRedisLog } from '../../server/log/redis/index.ts';
import { type CliResult, finish, runCli, startCli, temporaryFolder } from '../helpers/cli.ts';
import { runHere } from '../helpers/cli-here.ts';
import { LogWriter } from '../helpers/log-writer.ts';
import { describeWithRedis, type RedisServer, startRedis, until } from '../helpers/redis-server.ts';

const PARTITIONS = 3;
const OPTIONS = { partitions: PARTITIONS, rememberProducersMs: 86_400_000, dedupMs: 0 };

let folder: ReturnType<typeof temporaryFolder>;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  folder.remove();
});

function start(...args: string[]): { child: ChildProcess; result: Promise<CliResult>; lines: () => string[] } {
  const child = startCli(args);
  children.push(child);
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  return { child, result: finish(child), lines: () => text.split('\n').filter((line) => line !== '') };
}

let n = 0;
/** So many events of each of two types; `n` rises over all. */
async function append(writer: LogWriter, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const events = ['user_interaction', 'explicit_rating'].map((type) => {
      n++;
      return { seq: n, event: { type, user_id: `user ${n}`, timestamp: 1_700_000_000_000 + n, track_id: 't', n } };
    });
    await writer.events(i % PARTITIONS, 'p', events);
  }
}

describe('on the embedded engine', () => {
  test('tail --group shares the partitions, goes on where it was, and groups tell of it', async () => {
    n = 0;
    const log = await openEmbeddedLog({ dir: folder.in('data'), minFreeBytes: 0, ...OPTIONS });
    const writer = new LogWriter(log);
    await append(writer, 6);
    const at = ['--data-dir', folder.in('data')];
    const tail = () => start('tail', '--group', 'export', '--from', 'earliest', '--json', ...at);
    const first = tail();
    await until(async () => first.lines().length === n);
    first.child.kill('SIGINT');
    expect(await first.result).toMatchObject({ code: 0, stderr: '' });

    const listed = JSON.parse((await runHere(['groups', 'list', '--json', ...at])).stdout);
    expect(listed).toMatchObject([{ group: 'export', lag: 0 }]);
    expect(listed[0].partitions.map(({ position }: { position: number }) => position)).toEqual([4, 4, 4]);

    const members = [tail(), tail()];
    const before = n;
    const seen = (): number[] => members.flatMap(({ lines }) => lines().map((line) => JSON.parse(line).n as number));
    await until(async () => {
      await append(writer, 3);
      return members.every(({ lines }) => lines().length > 0);
    });
    await until(async () => seen().length === n - before);
    expect(seen().sort((a, b) => a - b)).toEqual(Array.from({ length: n - before }, (_, i) => before + i + 1));
    for (const { child } of members) child.kill('SIGTERM');
    for (const { result } of members) expect(await result).toMatchObject({ code: 0 });

    const table = await runHere(['groups', 'list', ...at]);
    expect(table.stdout).toMatch(/GROUP +PART +POSITION +LAST +LAG +COMMITTED/);
    expect(table.stderr).toContain('export: 0 behind');
    expect(await runHere(['groups', 'forget', 'other', ...at])).toMatchObject({ code: 1 });
    expect(await runCli(['groups', 'forget', 'export', ...at])).toMatchObject({ code: 0 });
    expect((await runHere(['groups', 'list', '--json', ...at])).stdout).toBe('[]\n');
    await log.close();
  });

  test('what is wrong is said', async () => {
    expect(await runHere(['tail'])).toMatchObject({ code: 1, stderr: expect.stringContaining('--group') });
    expect(await runHere(['tail', '--group', 'a b'])).toMatchObject({ code: 1 });
    expect(await runHere(['tail', '--group', 'g', '--from', '7'])).toMatchObject({ code: 1 });
    const nowhere = ['--data-dir', folder.in('nothing')];
    expect(await runHere(['tail', '--group', 'g', ...nowhere])).toMatchObject({ code: 1 });
    const noTarget = await runHere(['fanout', ...nowhere]);
    expect(noTarget).toMatchObject({ code: 1, stderr: expect.stringContaining('--to redis://') });
  });
});

describeWithRedis('fanout', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.stop());

  /** As a stranger would read it. */
  const redisCli = (...args: string[]): string =>
    execFileSync('redis-cli', ['-p', String(redis.port), ...args], { encoding: 'utf8' }).trimEnd();

  /** The entries of both streams, by redis-cli. */
  function read(prefix: string): { partition: string; position: string; n: number; type: string; userId: string }[] {
    return ['user_interaction', 'explicit_rating'].flatMap((type) => {
      const lines = redisCli('XRANGE', `${prefix}:out:${type}`, '-', '+').split('\n');
      const found = [];
      // An id, and six fields with their values.
      for (let i = 0; i + 12 < lines.length; i += 13) {
        const fields = lines.slice(i + 1, i + 13);
        expect(fields.filter((_, k) => k % 2 === 0)).toEqual([
          'partition',
          'position',
          'type',
          'user_id',
          'time',
          'json',
        ]);
        const [partition, position, kind, userId, time, json] = fields.filter((_, k) => k % 2 === 1);
        const event = JSON.parse(json!);
        expect(new Date(time!).getTime()).toBe(event.timestamp);
        found.push({ partition: partition!, position: position!, type: kind!, userId: userId!, n: event.n });
      }
      return found;
    });
  }

  test.each(['redis', 'embedded'] as const)(
    'killed in a loop, from %s: every event once, read with redis-cli',
    async (engine) => {
      n = 0;
      const source =
        engine === 'redis' ? ['--redis-url', redis.url] : ['--data-dir', folder.in('data'), '--to', redis.url];
      const log =
        engine === 'redis'
          ? await openRedisLog({ url: redis.url, prefix: 'gapless', ...OPTIONS })
          : await openEmbeddedLog({ dir: folder.in('data'), minFreeBytes: 0, ...OPTIONS });
      const writer = new LogWriter(log);
      const length = (): number => Number(redisCli('XLEN', 'gapless:out:user_interaction'));
      for (let round = 0; round < 3; round++) {
        const before = length();
        await append(writer, 60);
        const { child } = start('fanout', '--lease', '300ms', ...source);
        await until(async () => length() > before);
        await append(writer, 60);
        child.kill('SIGKILL');
      }
      const last = start('fanout', '--lease', '300ms', ...source);
      // Else the one before may have written everything, and this one would be ended before it has begun.
      await append(writer, 3);
      await until(async () => length() === n / 2 && Number(redisCli('XLEN', 'gapless:out:explicit_rating')) === n / 2);
      last.child.kill('SIGTERM');
      const { code, stderr } = await last.result;
      expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('written.') });

      const entries = read('gapless');
      expect(entries.map((entry) => entry.n).sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
      expect(entries.every(({ userId, n }) => userId === `user ${n}`)).toBe(true);
      // In the order of the log, by partition.
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const mine = entries.filter(
          (entry) => entry.partition === String(partition) && entry.type === 'user_interaction',
        );
        const positions = mine.map(({ position }) => Number(position));
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
      }
      const where = engine === 'redis' ? source : source.slice(0, 2);
      const groups = JSON.parse((await runHere(['groups', 'list', '--json', ...where])).stdout);
      expect(groups).toMatchObject([{ group: 'fanout', lag: 0 }]);
      await log.close();
    },
  );
});
