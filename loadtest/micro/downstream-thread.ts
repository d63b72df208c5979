/** A thread of `downstream.ts`: answers calls, and is the owner of a partition on the bus, or somebody whom its messages do not concern. */
import { LocalBus } from '../../server/bus/local.ts';
import { TOPICS } from '../../server/bus/messages.ts';
import { serveThread, threadSettings } from '../../server/threads/thread.ts';

export interface ThreadRole {
  bus: string;
  role: 'owner' | 'other';
}
export interface Answering {
  answer(question: object): object;
  stop(): Promise<void>;
}

/** About a list of 20 tracks. */
const ANSWER = new Uint8Array(1_500);
const VALUES = Array.from({ length: 4 }, (_, value) => ({ status: 'present', value, at: 0 }));

const settings = threadSettings<ThreadRole>();
const bus = new LocalBus(console.error, settings.bus);
if (settings.role === 'owner') bus.subscribe(TOPICS.ask(0), () => bus.publish(TOPICS.inbox('main'), ANSWER));
else bus.subscribe(TOPICS.appended, () => {});
const { remote } = serveThread<object, Answering>({ answer: () => ({ rows: [VALUES] }), stop: () => bus.close() });
await remote.ready();
