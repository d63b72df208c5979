import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, connect, createClient } from '../../../server/redis/client.ts';
import { runScript, script } from '../../../server/redis/script.ts';
import { parseRedisUrl } from '../../../server/redis/url.ts';
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../../helpers/redis-server.ts';
import { startProxy, type TcpProxy } from '../../helpers/tcp-proxy.ts';

describeWithRedis('redis client', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  beforeAll(async () => {
    server = await startRedis();
    proxy = await startProxy(server.port);
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.stop();
  });

  async function open(): Promise<Redis> {
    const target = parseRedisUrl(`redis://127.0.0.1:${proxy.port}`);
    const client = createClient(target, { name: 'test', commandTimeoutMs: 2000 }) as Redis;
    await connect(client, 5000);
    return client;
  }

  function said(client: Redis, event: string): Promise<void> {
    return new Promise((resolve) => client.once(event, resolve));
  }

  test('a lost command is not sent again', async () => {
    const client = await open();
    const cut = proxy.cutReply('incr');
    await expect(call(client, 'incr', 'counter')).rejects.toThrow(/max retries per request/);
    await cut;
    expect(await eventually(() => call(client, 'get', 'counter'))).toEqual(Buffer.from('1'));
    client.disconnect();
  });

  test('without a connection nothing is queued', async () => {
    const client = await open();
    client.disconnect(true);
    await said(client, 'close');
    await expect(call(client, 'ping')).rejects.toThrow(/isn't writeable/);
    await said(client, 'ready');
    client.disconnect();
  });

  test('a connection that is dropped while it is being made is made again', async () => {
    const client = await open();
    const ended = said(client, 'end');
    // What the failover detector of ioredis does.
    client.once('connecting', () =>
      (client as unknown as { connector: { disconnect(): void } }).connector.disconnect(),
    );
    proxy.reset();
    await ended;
    await said(client, 'ready');
    expect(await call(client, 'ping')).toEqual(Buffer.from('PONG'));
    client.disconnect();
  });

  test('a client that was let go stays so', async () => {
    const client = await open();
    client.disconnect();
    await said(client, 'end');
    (await open()).disconnect();
    expect(client.status).toBe('end');
  });

  test('a script is loaded when Redis does not know it, and its numbers come as they are', async () => {
    const client = await open();
    const double = script("#!lua\nreturn { tonumber(ARGV[1]) * 2, redis.call('GET', KEYS[1]), ARGV[2] }");
    const what = { script: double, keys: ['nothing'], args: [21, Buffer.from([0, 255])] };
    expect(await runScript(client, what)).toEqual([42, null, Buffer.from([0, 255])]);
    await server.sharedClient().script('FLUSH');
    expect(await runScript(client, what)).toEqual([42, null, Buffer.from([0, 255])]);
    client.disconnect();
  });
});
