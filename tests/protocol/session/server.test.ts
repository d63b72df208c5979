import { beforeEach, describe, expect, it } from 'vitest';
import type { CloseName } from '../../../protocol/codes.ts';
import { CreditBudget } from '../../../protocol/credit/budget.ts';
import type { Publish, ServerFrame } from '../../../protocol/frames.ts';
import { DEFAULT_FRAME_LIMITS, DRAIN_MS } from '../../../protocol/limits.ts';
import { ServerSession } from '../../../protocol/session/server.ts';

let sent: ServerFrame[];
let closes: CloseName[];

beforeEach(() => {
  sent = [];
  closes = [];
});

/** An open publishing connection. */
function open(): ServerSession {
  const ignore = () => {};
  const session: ServerSession = new ServerSession(
    {
      send: (frame) => sent.push(frame),
      close: (code) => closes.push(code),
      hello: ignore,
      take: ignore,
      auth: ignore,
      subscribe: ignore,
      flow: ignore,
      unsubscribe: ignore,
    },
    DEFAULT_FRAME_LIMITS,
    0,
  );
  session.receive({ op: 'HELLO', producer: 'p' }, 0);
  const budget = new CreditBudget({ capacity: 1 << 20, socketBytes: 16_384, largestEvent: 8256 });
  const opening = { budget, limits: DEFAULT_FRAME_LIMITS, done: 0, clientDone: 0, rejected: [], contextBytes: 0 };
  const rest = { producer: 'p', epoch: 1, durability: 'memory', dedupMs: 0, maxAgeMs: 0 } as const;
  session.welcome({ session: 's' }, 0, { ...opening, ...rest }, 0);
  return session;
}

const frame = (first: number, count: number): Publish => {
  return { op: 'PUBLISH', first, count, bytes: 100, format: 'msgpack', events: new Uint8Array() };
};

describe('after GOAWAY', () => {
  it('waits for what was taken, then closes', () => {
    const session = open();
    session.receive(frame(1, 2), 1);
    session.end('going_away', 'bye', 2);
    expect(closes).toEqual([]);
    session.settle([1, 2], [], 3);
    expect(sent.at(-1)).toMatchObject({ op: 'ACK', done: 2 });
    expect(closes).toEqual(['going_away']);
  });

  it.each(['protocol_error', 'superseded', 'slow_consumer'] as const)('does not wait any longer after %s', (code) => {
    const session = open();
    session.receive(frame(1, 2), 1);
    session.end('going_away', 'bye', 2);
    session.end(code, 'why', 3);
    expect(closes).toEqual([code]);
    session.end('protocol_error', 'again', 4);
    session.settle([1, 2], [], 5);
    expect(closes, 'closed once').toEqual([code]);
  });

  it('a second GOAWAY changes nothing', () => {
    const session = open();
    session.receive(frame(1, 2), 1);
    session.end('going_away', 'bye', 2);
    session.end('overloaded', 'bye', 3);
    session.tick(2 + DRAIN_MS);
    expect(closes).toEqual(['going_away']);
    expect(sent.filter(({ op }) => op === 'GOAWAY')).toHaveLength(1);
  });

  it('tells at the deadline what is settled, however late that came', () => {
    const session = open();
    session.receive(frame(1, 4), 1);
    session.end('going_away', 'bye', 2);
    const deadline = 2 + DRAIN_MS;
    session.receive({ op: 'BLOCKED', seq: 5, bytes: 100 }, deadline - 30);
    session.tick(deadline - 25);
    session.settle([1], [[1, 'invalid_field', 'action', 'not one of the actions']], deadline - 1);
    session.tick(deadline);
    expect(sent.slice(-2)).toMatchObject([{ op: 'REJECTED' }, { op: 'ACK', done: 1 }]);
    expect(closes).toEqual(['going_away']);
  });
});
