/** How fast Redis itself takes XADDs, as Redis's own `redis-benchmark` measures it: 50 clients, `everysec` as for everybody, no scripts. */
import { spawnSync } from 'node:child_process';
import { EVERYSEC } from '../contenders/with-redis.ts';
import { asMsgpack, planEvents } from '../generator/events.ts';
import type { EventPlan } from '../generator/plan.ts';
import { Child } from '../harness/child.ts';
import { startRedis } from '../redis-server.ts';

export interface Xadd {
  name: 'event' | 'pipeline-100' | 'batch-100';
  title: string;
  /** Commands that a client sends before it waits. */
  pipeline: number;
  /** Bytes of so many events are the payload of one entry. */
  eventsPerEntry: number;
  requests: number;
}

export const XADDS: readonly Xadd[] = [
  { name: 'event', title: 'an XADD per event, pipelines of 16', pipeline: 16, eventsPerEntry: 1, requests: 300_000 },
  {
    name: 'pipeline-100',
    title: 'an XADD per event, pipelines of 100',
    pipeline: 100,
    eventsPerEntry: 1,
    requests: 400_000,
  },
  { name: 'batch-100', title: 'an XADD per 100 events', pipeline: 1, eventsPerEntry: 100, requests: 20_000 },
];

/** Why redis-benchmark cannot be started here; null if it can. */
export function whyNoRedisBenchmark(): string | null {
  const { error } = spawnSync('redis-benchmark', ['--version'], { encoding: 'utf8' });
  return error ? `redis-benchmark cannot be started (${error.message}); it comes with Debian's redis-tools` : null;
}

/** Events per second. */
export async function redisBenchmark(xadd: Xadd, events: EventPlan): Promise<number> {
  const redis = await startRedis(EVERYSEC);
  try {
    const args = ['-p', String(redis.port), '-c', '50', '-n', String(xadd.requests), '-P', String(xadd.pipeline)];
    const command = ['xadd', 'events', '*', 'event', payload(xadd.eventsPerEntry, events)];
    const child = Child.program('redis-benchmark', [...args, '--csv', ...command]);
    const code = await child.end();
    const stored = await redis.sharedClient().xlen('events');
    if (code !== 0 || stored !== xadd.requests) {
      throw new Error(
        `redis-benchmark ended with ${code}, ${stored} of ${xadd.requests} entries stored:\n${child.tail}`,
      );
    }
    return perSecond(child.stdout) * xadd.eventsPerEntry;
  } finally {
    await redis.stop();
  }
}

/** As long as that many events in MessagePack, as ASCII: it goes in an argument. */
function payload(count: number, plan: EventPlan): string {
  const { offsets } = asMsgpack(planEvents({ ...plan, perConnection: count })(0));
  return 'x'.repeat(offsets[count]!);
}

/** Requests per second from the CSV; the first column, the command, may hold anything, so columns count from the end of the line. */
export function perSecond(csv: string): number {
  const [head = '', ...lines] = csv.trim().split('\n');
  const fromEnd = head.split(',').length - head.split(',').indexOf('"rps"');
  const rate = Number(lines.at(-1)?.split(',').at(-fromEnd)?.replaceAll('"', ''));
  if (!(rate > 0)) throw new Error(`redis-benchmark did not say how fast it was:\n${csv}`);
  return rate;
}
