/**
 * `npm run live`: what comes out of the log, beside ingest. Starts a server, lets listeners send events at a fixed rate, and measures from
 * the acknowledgement of an event to the list that it brings to an open session, then requests for lists and for features over HTTP.
 */

import { planEvents } from '../generator/events.ts';
import type { Latencies } from '../generator/percentiles.ts';
import type { EventPlan, LoadPlan } from '../generator/plan.ts';
import { GaplessServer, serverArgs } from '../harness/gapless-server.ts';
import { Load } from '../harness/load.ts';
import { describeMachine } from '../harness/machine.ts';
import { cpuSeconds } from '../harness/proc.ts';
import { makeTemporaryFolder } from '../harness/temporary.ts';
import { startRedis } from '../redis-server.ts';
import { type Part, readOptions } from './options.ts';
import { measureRequests } from './requests.ts';
import { measureSessions } from './sessions.ts';

const LISTENERS = 500;
/** The server's busiest threads beside its main one. */
const SHOWN_THREADS = 6;
const WARM_UP_MS = 8_000;
const DAY_MS = 86_400_000;
const PUSH_TARGET_MS = 100;
const REQUEST_TARGET_MS = 20;
const LOOKUP_TARGET_MS = 5;
/** A few features of a listener, as a ranking model would ask for. */
const LOOKED_UP = ['user:plays_decayed_1d', 'user:skips_decayed_1d', 'user:plays_last_1h', 'session:position'];

const options = readOptions(process.argv.slice(2));
const { seed, seconds, events: eventsPerSecond } = options;
const machine = describeMachine();
console.log(
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}, load ${machine.load}`,
);
console.log('Listeners, requests, server and storage share these cores.');

const redis = options.redis ? await startRedis({ appendonly: 'yes', appendfsync: 'everysec' }) : null;
const server = await GaplessServer.start({
  env: redis ? { GAPLESS_REDIS_URL: redis.url } : { GAPLESS_DATA_DIR: await makeTemporaryFolder('gapless-live-') },
  ...(options.profile !== undefined && {
    nodeArgs: [...serverArgs(), '--cpu-prof', `--cpu-prof-dir=${options.profile}`],
  }),
});
const events: EventPlan = { seed, perConnection: 500, startMs: Date.now() - 60 * DAY_MS };
const faults: string[] = [];

const measure: Record<Part, () => Promise<void>> = { sessions, requests, lookups };
for (const part of options.parts) await measure[part]();

await server.stop();
await redis?.stop();
for (const fault of faults.slice(0, 10)) console.log(`FAULT: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);

async function sessions(): Promise<void> {
  console.log(
    `\n${eventsPerSecond} events/s of ${LISTENERS} listeners, ${options.sessions} open sessions, for ${seconds} s`,
  );
  await beside(eventsPerSecond, async () => {
    const { pushed, acknowledged, whole, faults: found } = await measureSessions(server.url, options.sessions, seconds);
    print('event acknowledged -> new list pushed', pushed, PUSH_TARGET_MS);
    print('event sent -> acknowledged', acknowledged);
    print('event sent -> new list pushed', whole);
    faults.push(...found);
  });
}

async function requests(): Promise<void> {
  console.log(`\n${eventsPerSecond} events/s, GET /recommendations at ${options.requests}/s for ${seconds} s`);
  await beside(eventsPerSecond, () =>
    ask((user) => `/v1/recommendations/${user}?count=20`, options.requests, REQUEST_TARGET_MS),
  );
}

async function lookups(): Promise<void> {
  console.log(`\n${options.lookupEvents} events/s, GET /features at ${options.lookups}/s for ${seconds} s`);
  const query = LOOKED_UP.map((name) => `features=${name}`).join('&');
  await beside(options.lookupEvents, () =>
    ask((user) => `/v1/features/user/${user}?${query}`, options.lookups, LOOKUP_TARGET_MS),
  );
}

/** Asks for one listener after the other, at a fixed rate. */
async function ask(path: (user: string) => string, perSecond: number, targetMs: number): Promise<void> {
  const paths = listenerIds().map((user) => path(encodeURIComponent(user)));
  const report = await measureRequests(server.url.replace(/^ws/, 'http'), paths, perSecond, seconds);
  print('request -> answer', report.latency, targetMs);
  const { p50, p97_5, p99 } = report.corrected;
  console.log(`  with waiting behind others: p50 ${p50} ms, p97.5 ${p97_5} ms, p99 ${p99} ms`);
  console.log(`  ${report.perSecond} a second; answers ${JSON.stringify(report.answers)}, degraded ${report.degraded}`);
  for (const status of Object.keys(report.answers)) if (status !== '200') faults.push(`answers with ${status}`);
}

/** Does the work while listeners send; says how they fared. */
async function beside(eventsPerSecond: number, work: () => Promise<void>): Promise<void> {
  const plan: LoadPlan = {
    wire: 'gapless',
    url: server.url,
    producers: `listener-${Date.now()}`,
    connections: LISTENERS,
    eventsPerFrame: 5,
    events,
    loop: { kind: 'open', eventsPerSecond, seed },
    warmUpMs: WARM_UP_MS,
    measureMs: seconds * 1_000,
    drainMs: 10_000,
  };
  let begin = (): void => {};
  const warm = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const load = new Load(plan, { measuring: begin });
  await Promise.race([warm, load.report]);
  const before = cpuSeconds(server.pid);
  await work();
  const after = cpuSeconds(server.pid);
  const cores = (of: 'total' | 'main') => ((after[of] - before[of]) / seconds).toFixed(2);
  const others = after.others.map(({ thread, seconds: used }) => {
    return (used - (before.others.find((one) => one.thread === thread)?.seconds ?? 0)) / seconds;
  });
  const busiest = others.sort((a, b) => b - a).slice(0, SHOWN_THREADS);
  const report = await load.report;
  console.log(`  ingest meanwhile: ${Math.round(report.acknowledged / report.seconds)} events/s acknowledged`);
  console.log(
    `  the server used ${cores('total')} cores, ${cores('main')} of them in its main thread, and in others`,
    ...busiest.map((used) => used.toFixed(2)),
  );
  if (report.latency) console.log(`  ingest latency: p50 ${report.latency.p50} ms, p99 ${report.latency.p99} ms`);
  faults.push(...report.faults);
}

function listenerIds(): string[] {
  const of = planEvents({ ...events, perConnection: 1 });
  return Array.from({ length: LISTENERS }, (_, connection) => of(connection)[0]!.user_id);
}

function print(what: string, latencies: Latencies, target?: number): void {
  const { count, p50, p90, p99, max } = latencies.summary();
  const p95 = latencies.at(95);
  const shown = { p50, p90, p95, p99, max };
  const text = Object.entries(shown).map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
  const verdict =
    target === undefined ? '' : p95 < target ? `, p95 under ${target} ms` : `, p95 NOT under ${target} ms`;
  console.log(`  ${what}: ${text.join(', ')} ms (${count}${verdict})`);
}
