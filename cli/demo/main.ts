/** The thread of a demo's listeners: they connect to the server as everybody does, over the socket and under credit. */
import { randomUUID } from 'node:crypto';
import { connect } from '../../client/node.ts';
import { makeCatalogue } from '../../loadtest/listeners/index.ts';
import { MADE_UP } from '../../server/catalogue/track-list.ts';
import { serveThread, threadSettings } from '../../server/threads/thread.ts';
import { LiveSimulation } from '../simulate/live.ts';

export interface DemoSettings {
  /** ws:// */
  url: string;
  token?: string;
  users: number;
  connections: number;
  /** Events per second over all connections. */
  rate: number;
}

/** How far the listeners may fall behind, after a laptop has slept for example, before they leave out what they missed. */
const LATE_MS = 2_000;
/** The most active of them; the average one has about a fifth. */
const SESSIONS_PER_DAY = 24;
/** One client is old and makes mistakes, so that there are dead letters to look at. */
const MISTAKE_EVERY_MS = 8_000;
const MISTAKES = [
  { action: 'dance' },
  { track_id: undefined },
  { volume: 11 },
  { timestamp: 'yesterday' },
  { position_ms: -1 },
];

const { url, token, users, connections, rate } = threadSettings<DemoSettings>();
const name = `demo-${randomUUID().slice(0, 13)}`;
const agent = 'gapless-demo';
const catalogue = makeCatalogue(MADE_UP);

const simulation = new LiveSimulation({
  client: { url, token, agent },
  connect,
  ...{ connections, rate, users, catalogue, name, lateMs: LATE_MS, sessionsPerDay: SESSIONS_PER_DAY },
  events: Number.POSITIVE_INFINITY,
  durationMs: Number.POSITIVE_INFINITY,
  // Other listeners each time would leave their features behind.
  seed: MADE_UP.seed,
});
const old = connect({ url, token, agent, producer: `${name}-old`, epoch: 1 });
// The server's log tells of what goes wrong.
old.on('error', () => undefined);
let mistakes = 0;
const mistake = () => void old.push(mistaken(mistakes++));
mistake();
const timer = setInterval(mistake, MISTAKE_EVERY_MS);

const { remote } = serveThread<Record<never, never>, Record<never, never>>({
  async stop() {
    clearInterval(timer);
    simulation.stop();
    await Promise.all([simulation.close(), old.close()]);
  },
});
await remote.ready();
await simulation.run();
// The thread dies with it, and is started anew.
if (simulation.failure) throw simulation.failure;

function mistaken(n: number): Record<string, unknown> {
  const { id } = catalogue.tracks[(n * 7) % catalogue.tracks.length]!;
  const event = { type: 'user_interaction', timestamp: Date.now(), user_id: 'listener-old', session_id: 's-old' };
  const fields = { ...event, track_id: id, action: 'play', ...MISTAKES[n % MISTAKES.length] };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
