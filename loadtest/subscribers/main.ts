/** Subscribers as a process of their own: the plan comes as JSON in the first argument, everything else over IPC. */

import { Latencies } from '../generator/percentiles.ts';
import { cpuSeconds } from '../harness/proc.ts';
import type { FromSubscribers, KindCount, SubscribersPlan, ToSubscribers } from './plan.ts';
import { type Pace, Subscriber } from './subscriber.ts';

const FAULTS_MOST = 20;

const plan = JSON.parse(process.argv[2]!) as SubscribersPlan;
const faults: string[] = [];
const fault = (text: string): void => {
  if (faults.length < FAULTS_MOST) faults.push(text);
};
let made = 0;
const make = (pace: Pace, count: number): Subscriber[] =>
  Array.from({ length: count }, () => new Subscriber(plan, pace, plan.keys?.[made++ % plan.keys.length], fault));
const kinds = { fast: make('fast', plan.fast), slow: make('slow', plan.slow), stopped: make('stopped', plan.stopped) };
let begun = { at: performance.now(), cpu: 0 };

const tell = (message: FromSubscribers): void => void process.send!(message);
process.on('message', ({ kind }: ToSubscribers) => {
  if (kind !== 'count') return;
  const cpu = cpuSeconds(process.pid).total;
  const seconds = (performance.now() - begun.at) / 1000;
  const count = { seconds, cpuSeconds: cpu - begun.cpu, fast: take(kinds.fast), slow: take(kinds.slow), faults };
  begun = { at: performance.now(), cpu };
  tell({ kind: 'count', count });
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));

for (const subscriber of Object.values(kinds).flat()) await subscriber.start();
begun = { at: performance.now(), cpu: cpuSeconds(process.pid).total };
tell({ kind: 'live' });

/** What they got, which begins anew. */
function take(subscribers: readonly Subscriber[]): KindCount {
  const counts = subscribers.map(({ items }) => items);
  const delay = new Latencies();
  for (const subscriber of subscribers) {
    delay.merge(subscriber.delay.encoded());
    subscriber.delay.reset();
    subscriber.items = 0;
  }
  return {
    items: counts.reduce((sum, items) => sum + items, 0),
    least: counts.length > 0 ? Math.min(...counts) : 0,
    most: Math.max(0, ...counts),
    ...(delay.count > 0 && { delay: delay.summary() }),
  };
}
