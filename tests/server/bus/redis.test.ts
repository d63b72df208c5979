/** The bus while connections break. */
import { afterEach, expect, test } from 'vitest';
import type { LiveBus } from '../../../server/bus/port.ts';
import { openRedisBus } from '../../../server/bus/redis.ts';
import { startCluster } from '../../helpers/redis-cluster.ts';
import { describeWithRedis, startRedis, until } from '../../helpers/redis-server.ts';
import { startProxy } from '../../helpers/tcp-proxy.ts';

describeWithRedis('redis bus', () => {
  const open: { stop(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.stop();
  });
  async function openBus(url: string): Promise<LiveBus> {
    const bus = await openRedisBus({ url, prefix: 'test', commandTimeoutMs: 1000 });
    open.push({ stop: () => bus.close() });
    return bus;
  }
  /** Resolves when a message of its own arrives. */
  async function hears(bus: LiveBus, topic: string, heard: Set<string>): Promise<void> {
    const mark = `${topic}-${Math.random()}`;
    await until(async () => {
      bus.publish(topic, Buffer.from(mark));
      return heard.has(mark);
    });
  }

  test('subscriptions outlive connections, and those made without a connection are made up for', async () => {
    const server = await startRedis();
    open.push(server);
    const proxy = await startProxy(server.port);
    open.push({ stop: () => proxy.close() });
    const bus = await openBus(`redis://127.0.0.1:${proxy.port}`);
    const heard = new Set<string>();
    const hear = (bytes: Uint8Array): void => void heard.add(Buffer.from(bytes).toString());
    bus.subscribe('before', hear);
    await hears(bus, 'before', heard);
    proxy.reset();
    bus.subscribe('during', hear);
    await hears(bus, 'before', heard);
    await hears(bus, 'during', heard);
    await server.restart('SIGKILL');
    await hears(bus, 'before', heard);
    await hears(bus, 'during', heard);
  });

  test('what Redis does not confirm is not piled up', async () => {
    const server = await startRedis();
    open.push(server);
    const proxy = await startProxy(server.port);
    open.push({ stop: () => proxy.close() });
    const bus = await openBus(`redis://127.0.0.1:${proxy.port}`);
    proxy.stall('requests');
    const before = process.memoryUsage().arrayBuffers;
    const megabyte = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 200; i++) bus.publish('t', megabyte);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 1024 * 1024);
  });

  test('in a Cluster subscriptions follow their slot', { timeout: 60_000 }, async () => {
    const cluster = await startCluster();
    open.push(cluster);
    const bus = await openBus(cluster.url);
    const heard = new Set<string>();
    bus.subscribe('t', (bytes) => void heard.add(Buffer.from(bytes).toString()));
    await hears(bus, 't', heard);
    const { owner, other, slot } = await cluster.ownerOf('test:bus:t');
    const id = await other.sharedClient().call('CLUSTER', 'MYID');
    for (const server of [other, owner, ...cluster.masters]) {
      await server.sharedClient().call('CLUSTER', 'SETSLOT', slot, 'NODE', id as string);
    }
    await hears(bus, 't', heard);
  });
});
