/**
 * What the pieces cost that each event, list and lookup passes behind the log, in CPU microseconds over all threads; each in a loop of its own.
 *
 *   node dist/loadtest/micro/downstream.js
 */
import { encodeEntry, openEntry } from '../../format/entry.ts';
import type { IntactEntry } from '../../format/model.ts';
import { pack } from '../../format/msgpack.ts';
import { decodeEvents } from '../../format/stored-event.ts';
import { UnitWriter } from '../../format/unit.ts';
import { LocalBus } from '../../server/bus/local.ts';
import { TOPICS } from '../../server/bus/messages.ts';
import { type Aggregate, foldAggregate, newAggregate } from '../../server/features/aggregate.ts';
import { aggregateCodec } from '../../server/features/aggregate-codec.ts';
import { metricNumber } from '../../server/features/metrics.ts';
import { type ListenerState, listenerCodec } from '../../server/recommend/lists/listener-state.ts';
import { Thread } from '../../server/threads/thread.ts';
import type { Answering, ThreadRole } from './downstream-thread.ts';

const NOW = Date.now();
const AT_ONCE = 5;
const BUS = 'micro';

async function measure(what: string, times: number, work: (times: number) => unknown): Promise<void> {
  await work(times / 5);
  const before = process.cpuUsage();
  await work(times);
  const { user, system } = process.cpuUsage(before);
  console.log(`${((user + system) / times).toFixed(2).padStart(8)} us  ${what}`);
}

function repeat(work: () => unknown): (times: number) => void {
  return (times) => {
    for (let i = 0; i < times; i++) work();
  };
}

/** Of a listener who was there for five hours. */
function makeAggregate(): Aggregate {
  const aggregate = newAggregate();
  for (let minute = 300; minute > 0; minute--) {
    const amounts = [
      { metric: metricNumber('plays'), parts: 1 },
      { metric: minute % 4, parts: 1 },
      { metric: metricNumber('seconds'), parts: 30_000 },
    ];
    const activity = { tenant: 'default', user: 'ann', group: '', at: NOW - minute * 60_000, signal: null, amounts };
    foldAggregate(aggregate, { ...activity, device: 'web' });
  }
  return aggregate;
}

function makeListener(): ListenerState {
  const listener = listenerCodec.create();
  listener.session = 'session-1';
  for (let n = 0; n < 30; n++) listener.played.add(`track-${n}00`);
  for (let n = 0; n < 10; n++) listener.skipped.add(`track-${n}00`);
  return listener;
}

function makeEntry(events: number): IntactEntry {
  const writer = new UnitWriter();
  for (let seq = 1; seq <= events; seq++) {
    const subject = `user-${seq % 5}`;
    const event = { type: 'user_interaction', timestamp: NOW, user_id: subject, session_id: 's-12345' };
    const body = pack({ ...event, track_id: `track-${seq}`, action: 'play', position_ms: 1_234 });
    const track = { artist: 'Some Artist', genre: 'rock', duration_ms: 200_000 };
    writer.add({ seq, subject, receivedAt: NOW, body, added: pack({ event_time: NOW, device: 'web', track }) });
  }
  const { bytes, count } = writer.finish({ tenant: 'default', owner: '', producer: 'p-1', epoch: 1 });
  return openEntry('events', 0, events, encodeEntry('events', NOW, count, [bytes])) as IntactEntry;
}

async function startThread(role: ThreadRole['role']): Promise<Thread<Answering, object>> {
  const entry = 'loadtest/micro/downstream-thread';
  const settings: ThreadRole = { bus: BUS, role };
  const thread = new Thread<Answering, object>({ name: role, entry, settings, functions: {} });
  await thread.start();
  return thread;
}

const aggregate = makeAggregate();
await measure(
  'encode an aggregate',
  60_000,
  repeat(() => aggregateCodec.encode(aggregate)),
);
const listener = makeListener();
await measure(
  'encode what lists need of a listener',
  60_000,
  repeat(() => listenerCodec.encode(listener)),
);
const entry = makeEntry(50);
await measure('decode a stored event', 100_000, (times) => repeat(() => decodeEvents(entry))(times / 50));

const bus = new LocalBus(console.error, BUS);
const threads = [await startThread('owner'), await startThread('other'), await startThread('other')];
const question = { tenant: 'default', features: ['user:plays_last_1h'], rows: [{ user: 'ann' }] };
const call = () => threads[0]!.remote.answer(question);
await measure(`call a thread, ${AT_ONCE} calls at once`, 10_000, async (times) => {
  for (let i = 0; i < times; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, call));
});

let wanted = 0;
let heard = (): void => {};
bus.subscribe(TOPICS.inbox('main'), () => {
  if (--wanted === 0) heard();
});
const ask = new Uint8Array(300);
await measure(`ask over the bus of four threads, ${AT_ONCE} questions at once`, 10_000, async (times) => {
  for (let i = 0; i < times; i += AT_ONCE) {
    await new Promise<void>((resolve) => {
      wanted = AT_ONCE;
      heard = resolve;
      for (let n = 0; n < AT_ONCE; n++) bus.publish(TOPICS.ask(0), ask);
    });
  }
});
for (const thread of threads) await thread.stop();
await bus.close();
