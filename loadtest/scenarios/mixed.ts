/** Everything is read while it is written: features and lists over HTTP, events and lists as feeds. */
import type { Command } from 'commander';
import { rate, wholeNumber } from '../../cli/arguments.ts';
import { planEvents } from '../generator/events.ts';
import type { EventPlan } from '../generator/plan.ts';
import { Subscribers } from '../harness/subscribers.ts';
import { measureRequests, type RequestsReport } from '../live/requests.ts';
import type { Finding } from '../report/record.ts';
import type { SubscribersCount } from '../subscribers/plan.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, PlanForRun, Scenario, ScenarioContext } from './scenario.ts';
import { type RunningGapless, startGapless } from './start-gapless.ts';

interface Options extends CommonOptions {
  writes: number;
  connections: number;
  features: number;
  lists: number;
  items: number;
  sessions: number;
}

const KEPT_LEAST = 0.8;
/** A few features of a listener, as a ranking model would ask for. */
const FEATURES = ['user:plays_decayed_1d', 'user:skips_decayed_1d', 'user:plays_last_1h', 'session:position'];
/** They share the items. */
const FEED_READERS = 5;

interface Reads {
  features: RequestsReport;
  lists: RequestsReport;
  events: SubscribersCount;
  sessions: SubscribersCount;
}

export const mixed: Scenario<Options> = {
  name: 'mixed',
  about: 'features, lists and feeds are read while events are written: how much of the write throughput is kept',
  configure: (command: Command) =>
    command
      .option(
        '--writes <n>',
        'events per second; max is as fast as they are acknowledged',
        rate,
        Number.POSITIVE_INFINITY,
      )
      .option('--connections <n>', 'WebSockets that write', wholeNumber(1, 4_000), 64)
      .option('--features <n>', 'GET /features, a second', wholeNumber(1), 500)
      .option('--lists <n>', 'GET /recommendations, a second', wholeNumber(1), 500)
      .option('--items <n>', 'items of the events feed that are read, a second', wholeNumber(1), 500)
      .option('--sessions <n>', 'open sessions on the recommendations feed', wholeNumber(1, 1_000), 50),
  async run(context, options) {
    const { writes, connections, seconds, seed, short } = options;
    const running = await startGapless(context);
    const events = eventsOf(seed, 500);
    const plan: PlanForRun = {
      ...{ producers: 'writers', connections, eventsPerFrame: 50, events },
      loop:
        writes === Number.POSITIVE_INFINITY
          ? { kind: 'closed', inFlight: 250 }
          : { kind: 'open', eventsPerSecond: writes, seed },
      ...{ warmUpMs: warmUpMs(short), measureMs: seconds * 1000, drainMs: DRAIN_MS },
    };
    const alone = await context.load(plan).phase('writing alone');
    const load = context.load(plan);
    await load.reached('measuring');
    const reads = await read(context, running, options, events);
    const beside = await load.phase('writing beside readers');
    const answered = ({ answers }: RequestsReport) => answers[200] ?? 0;
    const kept = beside.perSecond / alone.perSecond;
    const findings: Finding[] = [
      { name: 'write throughput kept', value: kept, unit: 'ratio', bound: { least: KEPT_LEAST } },
      ...requestFindings('features', reads.features),
      ...requestFindings('lists', reads.lists),
      {
        name: 'lists that were degraded',
        value: (100 * reads.lists.degraded) / Math.max(1, answered(reads.lists)),
        unit: '%',
        note: 'popularity, because the owner did not answer in time',
      },
      { name: 'items of the events feed', value: reads.events.slow.items / reads.events.seconds, unit: 'items/s' },
      {
        name: 'lists pushed to open sessions',
        value: reads.sessions.fast.items / reads.sessions.seconds,
        unit: 'lists/s',
      },
    ];
    return { phases: [alone, beside], findings, faults: [...reads.events.faults, ...reads.sessions.faults] };
  },
};

function requestFindings(name: string, { perSecond, latency, answers }: RequestsReport): Finding[] {
  const failed = Object.entries(answers).reduce((sum, [status, count]) => sum + (status === '200' ? 0 : count), 0);
  return [
    { name: `${name}: answered`, value: perSecond, unit: 'requests/s' },
    { name: `${name}: p95`, value: latency.at(95), unit: 'ms' },
    {
      name: `${name}: not answered with 200`,
      value: failed,
      unit: 'requests',
      bound: { most: 0 },
      note: JSON.stringify(answers),
    },
  ];
}

/** Reads for as long as is measured. */
async function read(
  context: ScenarioContext,
  running: RunningGapless,
  { features, lists, items, sessions, seconds, connections }: Options,
  plan: EventPlan,
): Promise<Reads> {
  const { url, token } = running;
  const eventsOfUser = planEvents({ ...plan, perConnection: 1 });
  const users = Array.from({ length: connections }, (_, i) => eventsOfUser(i)[0]!.user_id);
  const http = url.replace(/^ws/, 'http');
  const ask = (path: (user: string) => string, perSecond: number) =>
    measureRequests(
      http,
      users.map((user) => path(encodeURIComponent(user))),
      perSecond,
      seconds - 1,
    );
  const query = FEATURES.map((name) => `features=${name}`).join('&');
  const feed = { url, token, slowPerSecond: items / FEED_READERS, stopped: 0 };
  const readers: Subscribers[] = [];
  try {
    const tail = await Subscribers.start({ ...feed, feed: 'events', fast: 0, slow: FEED_READERS });
    readers.push(tail);
    const open = await Subscribers.start({ ...feed, feed: 'recommendations', fast: sessions, slow: 0, keys: users });
    readers.push(open);
    context.tell('readers are there');
    const [ofFeatures, ofLists] = await Promise.all([
      ask((user) => `/v1/features/user/${user}?${query}`, features),
      ask((user) => `/v1/recommendations/${user}?count=20`, lists),
    ]);
    return { features: ofFeatures, lists: ofLists, events: await tail.count(), sessions: await open.count() };
  } finally {
    for (const one of readers) await one.stop();
  }
}
