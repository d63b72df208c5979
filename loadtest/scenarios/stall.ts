/** Storage stands still for a while: credit must close, memory must stay, and everything must be acknowledged soon afterwards. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { duration, rate, wholeNumber } from '../../cli/arguments.ts';
import { CommandError } from '../../cli/errors.ts';
import { Probe } from '../generator/probe.ts';
import { residentBytes } from '../harness/proc.ts';
import { stallSyncs, whyNoSlowDisk } from '../harness/slow-disk.ts';
import { creditBytes, Watch } from '../harness/watch.ts';
import { DEFAULT_BUDGET_BYTES } from './budget.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, Scenario } from './scenario.ts';
import { type RunningGapless, startGapless } from './start-gapless.ts';

interface Options extends CommonOptions {
  rate: number;
  connections: number;
  stall?: number;
}

const MIB = 1024 * 1024;
const RECOVERY_PATIENCE_MS = 60_000;
const CALM_FACTOR = 2;

export const stall: Scenario<Options> = {
  name: 'stall',
  about:
    'storage stands still for 5 s: credit closes, memory stays within the budget, nothing is lost; how long until all is well',
  configure: (command: Command) =>
    command
      .option('--rate <n>', 'events per second', rate, 10_000)
      .option('--connections <n>', 'WebSockets, with a producer each', wholeNumber(1, 4_000), 200)
      .option('--stall <time>', 'how long storage stands still (default: 5s; 2s with --short)', duration),
  async run(context, options) {
    const { rate: eventsPerSecond, connections, seconds, seed, short } = options;
    const stallMs = options.stall ?? (short ? 2_000 : 5_000);
    const running = await startGapless(context);
    await delay(1_500);
    const idleBytes = residentBytes(running.server.pid);
    const { url, token } = running;
    const events = eventsOf(seed, 100);
    const probe = new Probe({ url, token, producer: `probe-${randomBytes(6).toString('hex')}`, events });
    await probe.start();
    const halfMs = (seconds * 1000) / 2;
    const load = context.load({
      ...{ connections, eventsPerFrame: 50, events: eventsOf(seed) },
      loop: { kind: 'open', eventsPerSecond, seed },
      warmUpMs: warmUpMs(short),
      measureMs: halfMs + stallMs + RECOVERY_PATIENCE_MS + halfMs,
      drainMs: DRAIN_MS,
    });
    const watch = new Watch(running, 100);
    try {
      await load.reached('measuring');
      const calmFrom = performance.now();
      await delay(halfMs);
      const before = probe.latency(calmFrom, performance.now());
      const beganAt = performance.now();
      context.tell('storage stands still');
      await standStill(running, stallMs);
      const endedAt = performance.now();
      context.tell(`storage goes on after ${Math.round(endedAt - beganAt)} ms`);
      const calmMs = CALM_FACTOR * before.p99;
      const recovery = await probe.recovered(endedAt, calmMs, RECOVERY_PATIENCE_MS);
      await delay(halfMs);
      load.stop();
      const phase = await load.phase(`storage stands still for ${stallMs / 1000} s in the middle`);
      const unsettled = watch.most(({ metrics }) => metrics?.get('gapless_credit_outstanding_bytes'), beganAt);
      const above = watch.most((look) => look.residentBytes) - idleBytes;
      const closed = watch.values(({ metrics }) => metrics?.get('gapless_credit_granted_bytes'), endedAt - 500)[0] ?? 0;
      return {
        phases: [phase],
        findings: [
          {
            name: 'stood still',
            value: (endedAt - beganAt) / 1000,
            unit: 's',
            bound: { least: (stallMs / 1000) * 0.9 },
          },
          {
            name: 'credit granted or unsettled at most',
            value: watch.most(creditBytes, beganAt) / MIB,
            unit: 'MiB',
            bound: { most: DEFAULT_BUDGET_BYTES / MIB },
          },
          { name: 'unsettled at most', value: unsettled / MIB, unit: 'MiB' },
          {
            name: 'granted at the end of the stall',
            value: closed / MIB,
            unit: 'MiB',
            note: 'credit closes when this is small: clients may send no more',
          },
          {
            name: 'memory above idle',
            value: above / MIB,
            unit: 'MiB',
            note: `${(above / DEFAULT_BUDGET_BYTES).toFixed(1)} times the credit budget, garbage that was not collected yet included`,
          },
          { name: 'probe p99 before', value: before.p99, unit: 'ms' },
          {
            ...{ name: 'recovery', value: (recovery ?? RECOVERY_PATIENCE_MS) / 1000, unit: 's' },
            note:
              recovery === null
                ? 'it did not recover in time'
                : `until a producer's events are acknowledged within ${calmMs.toFixed(1)} ms again`,
          },
        ],
        faults: probe.faults,
      };
    } finally {
      watch.stop();
      load.stop();
      const tally = await probe.stop();
      context.sent({ events, tallies: [tally] });
    }
  },
};

/** Redis is stopped as a process; the embedded engine lives in the server's, and its disk is held up instead. */
async function standStill({ redis, server }: RunningGapless, ms: number): Promise<void> {
  if (!redis) {
    const reason = whyNoSlowDisk();
    if (reason) throw new CommandError(`the disk cannot be held up here: ${reason}`);
    return stallSyncs(server.pid, ms);
  }
  await redis.kill('SIGSTOP');
  try {
    await delay(ms);
  } finally {
    await redis.kill('SIGCONT');
  }
}
