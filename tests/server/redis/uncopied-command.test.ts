import fc from 'fast-check';
import { Command, type Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callUncopied, connect, createClient } from '../../../server/redis/client.ts';
import { runScript, script } from '../../../server/redis/script.ts';
import { serialize } from '../../../server/redis/uncopied-command.ts';
import { parseRedisUrl } from '../../../server/redis/url.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../../helpers/redis-server.ts';

const LARGE = 16 * 1024;

describe('a request in parts', () => {
  const small = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  const large = fc.integer({ min: LARGE, max: LARGE + 3 }).map((length) => Buffer.alloc(length, 'x'));
  const argument = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), small, large);

  it('is what ioredis writes', () => {
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 8 }), (args) => {
        const whole = new Command('set', args).toWritable({});
        expect(Buffer.concat(serialize(['set', ...args])).equals(Buffer.from(whole))).toBe(true);
      }),
    );
  });

  it('has large arguments themselves, not copies', () => {
    const [one, other] = [Buffer.alloc(LARGE, 'a'), Buffer.alloc(LARGE, 'b')];
    const parts = serialize(['set', one, 'between', Buffer.from('small'), other]);
    expect(parts).toHaveLength(5);
    expect(parts[1]).toBe(one);
    expect(parts[3]).toBe(other);
  });
});

describeWithRedis('commands that are not copied', () => {
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
    client = createClient(parseRedisUrl(server.url), { name: 'test', commandTimeoutMs: 5_000 }) as Redis;
    await connect(client, 5_000);
  });
  afterAll(async () => {
    client?.disconnect();
    await server?.stop();
  });

  it('keep their place among others', async () => {
    const value = (n: number) => Buffer.alloc(LARGE * (1 + (n % 70)), n);
    const answers: Promise<unknown>[] = [];
    for (let n = 0; n < 100; n++) {
      answers.push(callUncopied(client, 'set', 'key', value(n)), call(client, 'get', 'key'));
      answers.push(client.pipeline().get('key').exec());
    }
    const got = await Promise.all(answers);
    for (let n = 0; n < 100; n++) {
      expect(got[3 * n]).toEqual(Buffer.from('OK'));
      expect((got[3 * n + 1] as Buffer).equals(value(n))).toBe(true);
    }
  });

  it('run scripts that Redis does not know yet', async () => {
    const length = script('#!lua\nreturn #ARGV[1]');
    const run = () => runScript(client, { script: length, keys: [], args: [Buffer.alloc(3 * LARGE)], uncopied: true });
    expect(await run()).toBe(3 * LARGE);
    await call(client, 'script', 'flush');
    expect(await run()).toBe(3 * LARGE);
  });
});
