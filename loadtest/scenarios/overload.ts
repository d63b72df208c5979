/** More than the server can take: it must go on at its peak, within its memory, without the light producers noticing much, and be well again at once. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { list, rate, wholeNumber } from '../../cli/arguments.ts';
import { Probe } from '../generator/probe.ts';
import { residentBytes } from '../harness/proc.ts';
import { Watch } from '../harness/watch.ts';
import type { Finding, Phase } from '../report/record.ts';
import { DEFAULT_BUDGET_BYTES, MEMORY_MULTIPLE } from './budget.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, Scenario, ScenarioContext } from './scenario.ts';
import { type RunningGapless, startGapless } from './start-gapless.ts';

interface Options extends CommonOptions {
  connections: number;
  frame: number;
  factors?: number[];
  light: number;
  lightRate: number;
}

const MIB = 1024 * 1024;
const GOODPUT_LEAST = 0.9;
/** More clients send larger batches, and get a little more than the peak; much more means that the peak was none. */
const PEAK_EXCEEDED = 1.25;
const MEMORY_TOLERANCE = 1.2;
const LIGHT_RATIO_MOST = 2;
const RECOVERY_MOST_S = 2;
const RECOVERY_PATIENCE_MS = 30_000;
/** What one client keeps; beyond, it drops. */
const OUTBOX_EVENTS = 1_000;
const REST_MS = 3_000;

/** As many times more connections: beyond that there are no more to be had. */
const FACTOR_MOST = 100;

function parseFactors(text: string, before: number[] | undefined): number[] {
  const values = list(text, undefined).map(Number);
  if (values.length > 0 && values.every((value) => value > 0 && value <= FACTOR_MOST))
    return [...(before ?? []), ...values];
  throw new InvalidArgumentError(`Write numbers above 0, to ${FACTOR_MOST} at most, with commas between them: 2,5,10.`);
}

export const overload: Scenario<Options> = {
  name: 'overload',
  about: 'twice, five and ten times of what the server can take: goodput, memory, light producers, recovery',
  configure: (command: Command) =>
    command
      .option('--connections <n>', 'clients at capacity; under overload as many times more', wholeNumber(1, 2_000), 64)
      .option('--frame <n>', 'events in a frame', wholeNumber(1, 256), 50)
      .option(
        '--factors <list>',
        'how many times the capacity is offered (default: 2,5,10; 5 with --short)',
        parseFactors,
      )
      .option('--light <n>', 'light producers beside them', wholeNumber(1, 2_000), 50)
      .option('--light-rate <n>', 'events per second of all light ones together', rate, 500),
  async run(context, options) {
    const { connections, frame, seconds, seed, short } = options;
    const factors = options.factors ?? (short ? [5] : [2, 5, 10]);
    const running = await startGapless(context);
    await delay(REST_MS / 2);
    const idleBytes = residentBytes(running.server.pid);
    const { url, token } = running;
    const probeEvents = eventsOf(seed, 100);
    const probe = new Probe({ url, token, producer: `probe-${randomBytes(6).toString('hex')}`, events: probeEvents });
    await probe.start();
    try {
      const calmFrom = performance.now();
      const unloaded = await lightLoad(context, options, 'light', seconds).phase('light producers alone');
      const unloadedP99 = unloaded.latency?.p99 ?? 0;
      const calmMs = LIGHT_RATIO_MOST * Math.max(unloadedP99, probe.latency(calmFrom, performance.now()).p99);
      const peak = await context
        .load({
          ...{ producers: 'peak', connections, eventsPerFrame: frame, events: eventsOf(seed + 1) },
          loop: { kind: 'closed', inFlight: 5 * frame },
          ...{ warmUpMs: warmUpMs(short), measureMs: seconds * 1000, drainMs: DRAIN_MS },
        })
        .phase('capacity');
      context.tell(`capacity: ${Math.round(peak.perSecond)} events/s`);
      const phases: Phase[] = [unloaded, peak];
      const invalid: string[] = [];
      const findings: Finding[] = [
        {
          name: 'capacity',
          value: peak.perSecond,
          unit: 'events/s',
          note: `closed loop, ${connections} connections, ${frame} a frame`,
        },
        { name: 'light p99 alone', value: unloadedP99, unit: 'ms' },
      ];
      for (const factor of factors) {
        await delay(REST_MS);
        const found = await overloaded(context, running, probe, options, {
          factor,
          peak: peak.perSecond,
          unloadedP99,
          calmMs,
          idleBytes,
        });
        phases.push(...found.phases);
        findings.push(...found.findings);
        invalid.push(...found.invalid);
      }
      return { phases, findings, faults: probe.faults, invalid };
    } finally {
      const tally = await probe.stop();
      context.sent({ events: probeEvents, tallies: [tally] });
    }
  },
};

function lightLoad(
  context: ScenarioContext,
  { light, lightRate, seed, short }: Options,
  name: string,
  seconds: number,
) {
  return context.load({
    ...{ producers: name, connections: light, eventsPerFrame: 1, events: eventsOf(seed + 2) },
    loop: { kind: 'open', eventsPerSecond: lightRate, seed },
    ...{ warmUpMs: warmUpMs(short), measureMs: seconds * 1000, drainMs: DRAIN_MS },
  });
}

interface Base {
  factor: number;
  peak: number;
  unloadedP99: number;
  /** An answer within this time is as without load. */
  calmMs: number;
  idleBytes: number;
}

async function overloaded(
  context: ScenarioContext,
  running: RunningGapless,
  probe: Probe,
  options: Options,
  { factor, peak, unloadedP99, calmMs, idleBytes }: Base,
): Promise<{ phases: Phase[]; findings: Finding[]; invalid: string[] }> {
  const { connections, frame, seconds, seed, short } = options;
  const offered = peak * factor;
  const watch = new Watch(running, 200);
  const flood = context.load({
    ...{
      producers: `flood${factor}`,
      connections: Math.max(1, Math.round(connections * factor)),
      eventsPerFrame: frame,
    },
    events: eventsOf(seed + 1),
    loop: { kind: 'flood', eventsPerSecond: offered, outboxEvents: OUTBOX_EVENTS },
    // Around all of the light load, its start included.
    ...{ warmUpMs: 2 * warmUpMs(short), measureMs: (seconds + 60) * 1000, drainMs: DRAIN_MS },
  });
  await flood.reached('loaded');
  const light = await lightLoad(context, options, `light${factor}`, seconds).phase(`light producers at ${factor}x`);
  flood.stop();
  await flood.reached('measured');
  const ended = performance.now();
  const recovery = await probe.recovered(ended, calmMs, RECOVERY_PATIENCE_MS);
  watch.stop();
  const phase = await flood.phase(`offered ${factor}x`);
  const goodput = (phase.perSecond + light.perSecond) / peak;
  const above = watch.most((look) => look.residentBytes) - idleBytes;
  const name = (what: string) => `${factor}x: ${what}`;
  const invalid =
    goodput > PEAK_EXCEEDED
      ? [`under ${factor}x more was acknowledged than at capacity, which was measured too low`]
      : [];
  return {
    invalid,
    phases: [phase, light],
    findings: [
      {
        name: name('goodput against peak'),
        value: goodput,
        unit: 'ratio',
        bound: { least: GOODPUT_LEAST },
        note: `${Math.round(phase.offeredPerSecond ?? 0)} events/s offered`,
      },
      {
        name: name('memory above idle'),
        value: above / MIB,
        unit: 'MiB',
        bound: { most: (DEFAULT_BUDGET_BYTES * MEMORY_MULTIPLE * MEMORY_TOLERANCE) / MIB },
        // The setting, not what pressure has left of it.
        note: `${(above / DEFAULT_BUDGET_BYTES).toFixed(1)} times the credit budget, garbage that was not collected yet included`,
      },
      {
        ...{ name: name('light p99 against alone'), value: (light.latency?.p99 ?? 0) / unloadedP99, unit: 'ratio' },
        bound: { most: LIGHT_RATIO_MOST },
        note: `${(light.latency?.p99 ?? 0).toFixed(1)} ms`,
      },
      {
        ...{
          name: name('recovery'),
          value: (recovery ?? RECOVERY_PATIENCE_MS) / 1000,
          unit: 's',
          bound: { most: RECOVERY_MOST_S },
        },
        note:
          recovery === null
            ? 'it did not recover in time'
            : `until a producer's events are acknowledged within ${calmMs.toFixed(1)} ms again`,
      },
    ],
  };
}
