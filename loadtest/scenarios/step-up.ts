/** Raises the rate until latency or credit says stop. */
import { wholeNumber } from '../../cli/arguments.ts';
import type { EventPlan, LoadReport } from '../generator/plan.ts';
import type { Phase } from '../report/record.ts';
import { whyLimited } from '../run/limited.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import { KneeSearch } from './knee.ts';
import { type LoadOptions, RATE_MOST, withLoadOptions } from './load-options.ts';
import type { CommonOptions, Outcome, Scenario, ScenarioContext } from './scenario.ts';

interface Options extends CommonOptions, LoadOptions {
  from: number;
  to: number;
  p99: number;
  steps: number;
}

/** Less than this of what was offered was acknowledged: it does not keep up. */
const KEPT = 0.97;

export const stepUp: Scenario<Options> = {
  name: 'step-up',
  about: 'raises the offered rate until latency or credit says stop: where the knee is',
  finds: `Each step offers a rate for --seconds. It is good if at least 97 % of what was offered is acknowledged, nothing was left waiting
for credit at its end, and p99 from the intended time is within --p99. The rate doubles up to the first bad step; then the search closes in
on the knee to within a tenth. Where the generator limited the step that bounds the knee, the run does not count.`,
  examples: ['--p99 50 --target redis', '--from 20000 --frame 1 --connections 64'],
  configure: (command) =>
    withLoadOptions(
      command
        .option('--from <n>', 'the first rate, events per second', wholeNumber(1, RATE_MOST), 10_000)
        .option('--to <n>', 'no rate beyond this', wholeNumber(1, RATE_MOST), 1_000_000)
        .option('--p99 <ms>', 'the latency that a good step stays within', wholeNumber(1), 100)
        .option('--steps <n>', 'at most', wholeNumber(1, 50), 14)
        .option('--seconds <n>', 'of each step', wholeNumber(1, 600), 5),
      { connections: 100, frame: 50 },
    ),
  async run(context, options) {
    await context.start();
    const { from, to, p99, steps } = options;
    const search = new KneeSearch({ first: from, most: to });
    const events = eventsOf(options.seed);
    const phases: Phase[] = [];
    let limited: string[] = [];
    for (let i = 0; i < steps && search.next !== null && !context.signal.aborted; i++) {
      const perSecond = Math.round(search.next);
      const step = await offer(context, options, events, perSecond);
      phases.push(step.phase);
      const why = whyBad(step.report, p99);
      context.tell(`${perSecond.toLocaleString('en-US')} events/s: ${why ?? 'good'}`);
      if (why !== null && perSecond < search.bad) limited = step.limited;
      search.tell(perSecond, why === null ? 'good' : 'bad');
    }
    return outcomeOf(search, phases, limited, options);
  },
};

async function offer(context: ScenarioContext, options: Options, events: EventPlan, perSecond: number) {
  const { connections, frame, seconds, seed, short } = options;
  const loop = { kind: 'open', eventsPerSecond: perSecond, seed } as const;
  const load = context.load({
    // The same producers go on with their numbers, as players do that come back.
    producers: 'load',
    connections,
    eventsPerFrame: frame,
    events,
    loop,
    warmUpMs: warmUpMs(short),
    measureMs: seconds * 1000,
    drainMs: DRAIN_MS,
    mayBeLimited: true,
  });
  const report = await load.report;
  const phase = await load.phase(`${perSecond.toLocaleString('en-US')}/s`);
  return { report, phase, limited: whyLimited({ loop }, report) };
}

/** Why a step is bad; null if it is good. */
export function whyBad(
  report: Pick<LoadReport, 'acknowledged' | 'offered' | 'unsent' | 'latency'>,
  p99: number,
): string | null {
  const { acknowledged, offered = 0, unsent = 0, latency } = report;
  if (acknowledged < offered * KEPT) return `only ${((acknowledged / offered) * 100).toFixed(0)} % acknowledged`;
  if (unsent > 0) return `${unsent} events waited for credit at the end`;
  if (latency && latency.p99 > p99) return `p99 ${latency.p99.toFixed(0)} ms`;
  return null;
}

function outcomeOf(
  search: KneeSearch,
  phases: Phase[],
  limited: readonly string[],
  { from, to, p99 }: Options,
): Outcome {
  // A server that is not up to the first rate has no knee that was looked for.
  const knee = { name: 'knee', value: search.good, unit: 'events/s', bound: { least: 1 } };
  const bad = search.bad === Number.POSITIVE_INFINITY ? null : Math.round(search.bad);
  const note =
    search.good === 0
      ? `already ${Math.round(Math.min(from, search.bad))} was too much`
      : bad === null
        ? `it took all that was tried, up to ${Math.round(Math.min(to, search.good))}`
        : `${bad} was too much`;
  const at = phases.find(({ name }) => name === `${Math.round(search.good).toLocaleString('en-US')}/s`);
  return {
    phases,
    findings: [
      { ...knee, note },
      ...(at?.latency ? [{ name: 'p99 at the knee', value: at.latency.p99, unit: 'ms', bound: { most: p99 } }] : []),
    ],
    invalid: limited.map((why) => `the step above the knee: ${why}`),
  };
}
