/** For scale: what one XADD costs through ioredis, with nothing around it. */
import { setTimeout as delay } from 'node:timers/promises';
import { EVERYSEC } from '../contenders/with-redis.ts';
import { asJson, planEvents } from '../generator/events.ts';
import { Latencies } from '../generator/percentiles.ts';
import type { EventPlan, Percentiles } from '../generator/plan.ts';
import { arrivals } from '../generator/schedule.ts';
import { startRedis } from '../redis-server.ts';

export interface BareXadd {
  /** One after another: the next goes when the one before is answered. */
  alone: Percentiles;
  /** Offered at the rate of the latency runs, from the intended time on. */
  atRate: Percentiles;
}

const TICK_MS = 1;

export async function bareXadd(plan: EventPlan, eventsPerSecond: number, measureMs: number): Promise<BareXadd> {
  const redis = await startRedis(EVERYSEC);
  try {
    const client = redis.client();
    const { bytes, offsets, separator, count } = asJson(planEvents(plan)(0));
    const events = Array.from({ length: count }, (_, i) => bytes.subarray(offsets[i]!, offsets[i + 1]! - separator));
    const add = (i: number) => client.xadd('bare', '*', 'event', events[i % count]!);
    // The first ones pay for the compilation of the client.
    for (let i = 0; i < 2_000; i++) await add(i);

    const alone = new Latencies();
    const end = performance.now() + measureMs;
    for (let i = 0, now = performance.now(); now < end; i++) {
      await add(i);
      const after = performance.now();
      alone.record(after - now);
      now = after;
    }
    return { alone: alone.summary(), atRate: await offered(add, plan.seed, eventsPerSecond, measureMs) };
  } finally {
    await redis.stop();
  }
}

async function offered(
  add: (i: number) => Promise<unknown>,
  seed: number,
  eventsPerSecond: number,
  measureMs: number,
): Promise<Percentiles> {
  const latency = new Latencies();
  const schedule = arrivals(seed, eventsPerSecond, 1);
  const started = performance.now();
  const underWay = new Set<Promise<unknown>>();
  let next = schedule.next().value;
  for (let i = 0; next.atMs < measureMs; ) {
    for (const now = performance.now() - started; next.atMs <= now; next = schedule.next().value) {
      const { atMs } = next;
      const answer = add(i++).then(() => {
        latency.record(performance.now() - started - atMs);
        underWay.delete(answer);
      });
      underWay.add(answer);
    }
    await delay(TICK_MS);
  }
  await Promise.all(underWay);
  return latency.summary();
}
