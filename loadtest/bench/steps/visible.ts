/**
 * From sending an event to the feature that it changes, as a subscriber of the feed `features` sees it, while listeners send at a fixed rate.
 * Both roles run, as by default. The probes are few beside the load; each waits for one change before it causes the next.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type GaplessClient } from '../../../client/node.ts';
import type { Contender } from '../../contenders/contender.ts';
import { embedded, redis } from '../../contenders/gapless.ts';
import { Latencies } from '../../generator/percentiles.ts';
import type { LoadPlan } from '../../generator/plan.ts';
import { Load } from '../../harness/load.ts';
import { whyLimited } from '../../run/limited.ts';
import type { Step, StepResult } from '../figures.ts';
import { invalid } from '../measure.ts';
import { OFFERED_PER_SECOND } from './latency.ts';

const LISTENERS = 500;
const PROBES = 40;
const PAUSE_MS = { least: 200, more: 600 };
const WARM_UP_MS = 10_000;
const MEASURE_MS = 15_000;
/** A processor that is far behind shows in the figure, not as a fault. */
const PATIENCE_MS = 60_000;
/** Counts every play, exactly. */
const FEATURE = 'user:plays_total';

export const VISIBLE: readonly Step[] = [embedded, redis].map((contender) => ({
  part: 'visible',
  who: contender.name,
  title: `event to feature, ${contender.title}`,
  short: false,
  missing: () => null,
  run: ({ events }) => measureVisible(contender, events),
}));

async function measureVisible(contender: Contender, events: LoadPlan['events']): Promise<StepResult> {
  const running = await contender.start();
  try {
    const plan: LoadPlan = {
      wire: 'gapless',
      url: running.url,
      producers: 'load',
      connections: LISTENERS,
      eventsPerFrame: 50,
      events,
      loop: { kind: 'open', eventsPerSecond: OFFERED_PER_SECOND, seed: events.seed },
      warmUpMs: WARM_UP_MS,
      measureMs: MEASURE_MS,
      drainMs: 20_000,
    };
    const seen = new Latencies();
    const problems: string[] = [];
    const load = new Load(plan);
    await load.reached('measuring');
    const until = performance.now() + MEASURE_MS;
    const probes = Array.from({ length: PROBES }, (_, n) => probe(running.url, n, until, seen));
    for (const result of await Promise.allSettled(probes)) {
      if (result.status === 'rejected') problems.push(String(result.reason));
    }
    const report = await load.report;
    // Probes are producers that the verifier does not know.
    const verdict = await running.verify([{ events, tallies: report.tallies }], { others: 'ignored' });
    problems.push(...invalid({ report, verdict, limited: whyLimited(plan, report) }));
    const rate = report.acknowledged / report.seconds;
    const name = `visible/${contender.name}`;
    const { p50, p99 } = seen.summary();
    const figures = {
      [`${name}-p50`]: p50,
      [`${name}-p95`]: seen.at(95),
      [`${name}-p99`]: p99,
      [`${name}-rate`]: rate,
    };
    return { figures, problems };
  } finally {
    await running.stop();
  }
}

async function probe(url: string, n: number, until: number, seen: Latencies): Promise<void> {
  const user = `probe-${n}`;
  const client = connect({ url, producer: user });
  try {
    const plays = new Plays(client, user);
    for (let count = 1; performance.now() < until; count++) {
      const event = { type: 'user_interaction', action: 'play', timestamp: Date.now(), user_id: user };
      const sent = performance.now();
      void client.track({ ...event, session_id: user, track_id: `track-${count}` });
      seen.record((await plays.reach(count)) - sent);
      await delay(PAUSE_MS.least + Math.random() * PAUSE_MS.more);
    }
  } finally {
    await client.close();
  }
}

/** How many plays of a user are counted, as the feed tells it. */
class Plays {
  private count = 0;
  private wanted: { count: number; resolve(at: number): void; reject(error: Error): void } | null = null;
  /** Why nothing more is read. */
  private ended: Error | null = null;

  constructor(client: GaplessClient, user: string) {
    this.read(client, user).catch((error: Error) => {
      this.ended = error;
      this.wanted?.reject(error);
    });
  }

  private async read(client: GaplessClient, user: string): Promise<void> {
    for await (const { value } of client.subscribe('features', { key: user })) {
      const at = performance.now();
      this.count = Number(value.values[FEATURE] ?? 0);
      if (!this.wanted || this.count < this.wanted.count) continue;
      this.wanted.resolve(at);
      this.wanted = null;
    }
  }

  /** When the feed first told so many. */
  reach(count: number): Promise<number> {
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      const behind = () => new Error(`${FEATURE} was ${this.count} and not ${count} after ${PATIENCE_MS / 1_000} s`);
      const timer = setTimeout(() => reject(behind()), PATIENCE_MS);
      const last = <T>(settle: (value: T) => void) => {
        return (value: T): void => {
          clearTimeout(timer);
          settle(value);
        };
      };
      this.wanted = { count, resolve: last(resolve), reject: last(reject) };
    });
  }
}
