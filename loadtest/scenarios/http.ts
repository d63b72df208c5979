/** Batches of events over HTTP, sent by autocannon: at a fixed rate, at a rising one, and as fast as they are answered. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { wholeNumber } from '../../cli/arguments.ts';
import { Latencies } from '../generator/percentiles.ts';
import { whyHttpLimited } from '../http/limited.ts';
import { BODY_FORMATS, BODY_SIZES, type BodyFormat, type BodySizes, type Pace } from '../http/plan.ts';
import { MOST_EVENTS } from '../http/sizes.ts';
import { httpFaults, loadHttp } from '../http/target.ts';
import type { Finding } from '../report/record.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, Outcome, Scenario, ScenarioContext } from './scenario.ts';

interface HttpOptions extends CommonOptions {
  connections: number;
  format: BodyFormat;
  eventsPerRequest: number;
  sizes: BodySizes;
  bad: number;
}

const DISTINCT_EVENTS = 500;
const ANSWERED_LEAST = 0.97;

function configure(command: Command): Command {
  return command
    .option('--connections <n>', 'HTTP connections, with a producer each', wholeNumber(1, 10_000), 64)
    .addOption(new Option('--format <name>', 'how bodies are written').choices(BODY_FORMATS).default('ndjson'))
    .option('--events-per-request <n>', 'events in a request', wholeNumber(1, MOST_EVENTS), 100)
    .addOption(
      new Option('--sizes <name>', 'fixed, or mixed: 1 event, a tenth, all and four times --events-per-request')
        .choices(BODY_SIZES)
        .default('fixed'),
    )
    .option('--bad <share>', 'share of events that are bad, 0 to 1; the answers must name exactly those', share, 0);
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('give a number from 0 to 1.');
  return value;
}

async function runAt(context: ScenarioContext, options: HttpOptions, pace: Pace): Promise<Outcome> {
  const { connections, format, eventsPerRequest, sizes, bad, seed, seconds, short } = options;
  const running = await context.start();
  const events = { ...eventsOf(seed, DISTINCT_EVENTS), badShare: bad };
  context.now();
  let from = 0;
  const load = loadHttp(
    running,
    {
      ...{ connections, format, eventsPerRequest, sizes, events, pace },
      producers: `http-${process.pid}-${Date.now().toString(36)}`,
      warmUpMs: warmUpMs(short),
      measureMs: seconds * 1_000,
      drainMs: DRAIN_MS,
    },
    {
      measuring: () => {
        from = context.now();
      },
      second: ({ acknowledged, latency }) => {
        const latencies = new Latencies();
        if (latency !== undefined) latencies.merge(latency);
        context.add({ acknowledged, ...(latency !== undefined && { latencies }) });
      },
    },
  );
  context.signal.addEventListener('abort', () => load.stop());
  const { report, cpuMicros } = await load.measured;
  context.sent({ events, tallies: report.tallies });
  const { latency, lateness, acknowledged, requests, offered, unsent } = report;
  const cores = report.cpuSeconds / report.seconds;
  const open = pace.kind !== 'closed';
  if (unsent > 0) context.tell(`${unsent} requests were due and had not been sent when the load ended`);
  const rejected = report.tallies.reduce((sum, tally) => sum + (tally.rejected ?? 0), 0);
  const findings: Finding[] = [
    { name: 'settled', value: acknowledged / report.seconds, unit: 'events/s' },
    {
      name: 'answered',
      value: requests / report.seconds,
      unit: 'requests/s',
      ...(pace.kind === 'steady' && { bound: { least: pace.perSecond * ANSWERED_LEAST } }),
    },
    { name: `${open ? 'due' : 'sent'} to answer, p50`, value: latency.p50, unit: 'ms' },
    {
      name: `${open ? 'due' : 'sent'} to answer, p99`,
      value: latency.p99,
      unit: 'ms',
      note: open ? 'with what a request waited behind the one before it' : 'a connection has one request at a time',
    },
    { name: 'bad events, all named by the answers', value: rejected, unit: 'events' },
  ];
  return {
    phases: [
      {
        name: pace.kind,
        from,
        seconds: report.seconds,
        ...(open && { offeredPerSecond: (offered / report.seconds) * (acknowledged / Math.max(1, requests)) }),
        perSecond: acknowledged / report.seconds,
        latency,
        lateness,
        generatorCores: cores,
        cpuMicros,
      },
    ],
    findings,
    faults: httpFaults(report),
    invalid: whyHttpLimited({ pace }, report),
  };
}

export const httpSteady: Scenario<HttpOptions & { rate: number }> = {
  name: 'http-steady',
  about: 'HTTP requests at a fixed rate, open loop: from when one was due to its answer',
  configure: (command) =>
    configure(command.option('--rate <n>', 'requests per second over all connections', wholeNumber(1, 100_000), 100)),
  run: (context, options) => runAt(context, options, { kind: 'steady', perSecond: options.rate }),
};

export const httpRamp: Scenario<HttpOptions & { from: number; to: number }> = {
  name: 'http-ramp',
  about: 'HTTP requests at a rate that rises evenly, open loop: where answers begin to wait',
  configure: (command) =>
    configure(
      command
        .option('--from <n>', 'requests per second at the beginning, over all connections', wholeNumber(1, 100_000), 20)
        .option('--to <n>', 'requests per second at the end', wholeNumber(1, 100_000), 500),
    ),
  run: (context, options) => runAt(context, options, { kind: 'ramp', from: options.from, to: options.to }),
};

export const httpSaturation: Scenario<HttpOptions> = {
  name: 'http-saturation',
  about: 'HTTP requests, closed loop: every connection sends its next one when the last is answered',
  configure,
  run: (context, options) => runAt(context, options, { kind: 'closed' }),
};
