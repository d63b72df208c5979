/**
 * Any number of synthetic listeners as one stream of events in the order of their time. Memory goes with those who are listening at
 * the moment, plus 4 bytes for each listener.
 *
 * Every listener starts sessions at random, more often at the busy hours of its own day (a Poisson process by thinning: moments
 * come evenly for all, and each is taken with the probability that this listener would listen now).
 */
import TinyQueue from 'tinyqueue';
import { type Catalogue, makeCatalogue } from './catalogue.ts';
import { makeListener, urge } from './listener.ts';
import { Random } from './random.ts';
import { type SyntheticEvent, session } from './session.ts';

export interface ListenerOptions {
  /** One seed, one output; default 1. */
  seed?: number;
  /** Default 1,000. */
  users?: number;
  /** The number of the first listener, for splitting them over several streams; default 0. */
  firstUser?: number;
  /** Size of the made-up catalogue if none is given; default 20,000. */
  tracks?: number;
  catalogue?: Catalogue;
  /** When it begins, ms since 1970; default 2025-01-06T00:00:00Z. */
  startMs?: number;
  /** Sessions a day of the most active listener; the average one has about a fifth. Default 8. */
  sessionsPerDay?: number;
}

export const DEFAULT_START_MS = Date.UTC(2025, 0, 6);
const DAY_MS = 86_400_000;
/** What is kept per listener: its count of sessions, and in the top bit whether one is under way. */
const LISTENING = 0x8000_0000;

interface Live {
  user: number;
  next: SyntheticEvent;
  rest: Iterator<SyntheticEvent, void>;
}

/** Endless: take what you need. */
export function* listeners(options: ListenerOptions = {}): Generator<SyntheticEvent, never> {
  const { seed = 1, users = 1000, firstUser = 0, tracks = 20_000, startMs = DEFAULT_START_MS } = options;
  const catalogue = options.catalogue ?? makeCatalogue({ seed, tracks });
  const random = new Random(seed, 0x5e5, firstUser, users);
  const meanGapMs = DAY_MS / (users * (options.sessionsPerDay ?? 8));
  const sessions = new Uint32Array(users);
  const live = new TinyQueue<Live>([], (a, b) => a.next.atMs - b.next.atMs || a.user - b.user);
  let arrival = startMs + random.exponential(meanGapMs);

  for (;;) {
    const first = live.peek();
    if (first === undefined || arrival < first.next.atMs) {
      arrive(Math.floor(random.next() * users), Math.round(arrival));
      arrival += random.exponential(meanGapMs);
      continue;
    }
    yield first.next;
    live.pop();
    const step = first.rest.next();
    if (step.done) sessions[first.user] = sessions[first.user]! & ~LISTENING;
    else live.push({ user: first.user, next: step.value, rest: first.rest });
  }

  function arrive(user: number, atMs: number): void {
    const count = sessions[user]!;
    if (count & LISTENING) return;
    const listener = makeListener(seed, firstUser + user);
    if (!random.chance(urge(listener, atMs))) return;
    const number = count + 1;
    const draws = new Random(seed, 0x5e55, firstUser + user, number);
    const rest = session({ catalogue, listener, random: draws, startMs: atMs, number });
    const step = rest.next();
    if (step.done) return;
    sessions[user] = (number | LISTENING) >>> 0;
    live.push({ user, next: step.value, rest });
  }
}
