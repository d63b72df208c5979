/** Very many connections: what one costs that does nothing, and how the server does with all of them at a low rate. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { rate, wholeNumber } from '../../cli/arguments.ts';
import { residentBytes } from '../harness/proc.ts';
import { budgetFor } from './budget.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, Scenario } from './scenario.ts';
import { startGapless } from './start-gapless.ts';

interface Options extends CommonOptions {
  connections?: number;
  rate?: number;
  defaultBudget: boolean;
}

const KIB = 1024;
const IDLE_KIB_MOST = 6;
/** The server tidies up after its start, and after so many handshakes. */
const SETTLE_MS = 2_000;
/** Few, because every connection keeps its own. */
const DISTINCT_EVENTS = 4;

export const connections: Scenario<Options> = {
  name: 'connections',
  about: 'very many connections, first idle, then at a low rate: memory for an idle one, latency with all of them',
  configure: (command: Command) =>
    command
      .option('--connections <n>', 'WebSockets (default: 10,000; 500 with --short)', wholeNumber(1, 40_000))
      .option('--rate <n>', 'events per second over all of them, afterwards (default: 1,000)', rate)
      .option('--default-budget', 'leave GAPLESS_CREDIT_BUDGET_BYTES alone, and find how many are let in', false),
  async run(context, options) {
    const { seconds, seed, short, defaultBudget } = options;
    const count = options.connections ?? (short ? 500 : 10_000);
    const perSecond = options.rate ?? 1_000;
    const running = await startGapless(context, { env: defaultBudget ? {} : budgetFor(count) });
    const settleMs = short ? SETTLE_MS / 2 : SETTLE_MS;
    await delay(settleMs);
    const before = residentBytes(running.server.pid);
    const shared = { connections: count, eventsPerFrame: 50, events: eventsOf(seed, DISTINCT_EVENTS) };
    const nothing = { kind: 'open', eventsPerSecond: 0, seed } as const;
    context.tell(`opening ${count} connections`);
    const idle = context.load({
      ...{ ...shared, producers: 'idle', loop: nothing, mayRefuse: defaultBudget },
      ...{ warmUpMs: settleMs, measureMs: 1_000, drainMs: DRAIN_MS },
    });
    await idle.reached('measuring');
    const bytes = residentBytes(running.server.pid) - before;
    const metrics = await running.metrics();
    const open = metrics!.get('gapless_connections', 'kind', 'publishers');
    const { opened } = await idle.report;
    const findings = [
      { name: 'connections let in', value: open, unit: '', ...(!defaultBudget && { bound: { least: count } }) },
      {
        ...{ name: 'memory for an idle connection', value: bytes / KIB / Math.max(1, open), unit: 'KiB' },
        // A few hundred say nothing: the heap grows in steps.
        ...(open >= 5_000 && { bound: { most: IDLE_KIB_MOST } }),
        note: 'resident memory of the server with all of them open, less before',
      },
      { name: 'all of them opened in', value: opened.seconds, unit: 's' },
    ];
    if (defaultBudget) return { phases: [await idle.phase(`${count} connections asked for`)], findings };

    const load = context.load({
      ...{ ...shared, producers: 'busy', loop: { kind: 'open', eventsPerSecond: perSecond, seed } },
      ...{ warmUpMs: warmUpMs(short), measureMs: seconds * 1000, drainMs: DRAIN_MS },
    });
    const busy = await load.phase(`${count} connections at ${perSecond} events/s`);
    return {
      phases: [await idle.phase(`${count} idle connections`), busy],
      findings: [
        ...findings,
        { name: 'acknowledged with all of them open', value: busy.perSecond, unit: 'events/s' },
        { name: 'send to ACK, p99', value: busy.latency?.p99 ?? 0, unit: 'ms' },
      ],
    };
  },
};
