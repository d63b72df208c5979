import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CreditBudget } from '../../../protocol/credit/budget.ts';
import { CreditWindow } from '../../../protocol/credit/window.ts';
import { CONTEXT_MAX_BYTES, WINDOW_CAP, WINDOW_START } from '../../../protocol/limits.ts';

const KiB = 1024;
const settings = { capacity: 1024 * KiB, socketBytes: 16 * KiB, largestEvent: 8 * KiB + 64 };

/** The client uses the whole window in frames of one event, and everything settles. */
function useUp(window: CreditWindow): void {
  const last = window.limit;
  window.receive(last, Math.min(window.limitBytes - window.receivedBytes, (last - window.received) * 100));
  window.settle(last, window.receivedBytes);
  window.replenish();
}

describe('a new window', () => {
  it('starts with four events and four KiB', () => {
    const window = new CreditWindow(new CreditBudget(settings), 10, 0);
    expect([window.limit, window.limitBytes]).toEqual([10 + WINDOW_START.events, WINDOW_START.bytes]);
  });

  it('gets nothing under scarcity', () => {
    const budget = new CreditBudget({ ...settings, capacity: settings.largestEvent });
    const window = new CreditWindow(budget, 0, 0);
    expect([window.limit, window.limitBytes]).toEqual([0, 0]);
  });
});

describe('credit comes back', () => {
  it('by half a window at least while something is under way', () => {
    const window = new CreditWindow(new CreditBudget(settings), 0, 0);
    window.receive(3, 300);
    window.settle(1, 100);
    expect([window.replenish(), window.limit]).toEqual([false, 4]);
    window.settle(2, 200);
    expect([window.replenish(), window.limit]).toEqual([true, 6]);
  });

  it('whatever little it is, to a client that has nothing under way or is blocked', () => {
    const window = new CreditWindow(new CreditBudget(settings), 0, 0);
    window.receive(1, 100);
    window.settle(1, 100);
    expect([window.replenish(), window.limit]).toEqual([true, 5]);
    window.receive(3, 300);
    window.settle(2, 200);
    expect([window.replenish(), window.limit]).toEqual([false, 5]);
    window.block(4_000);
    expect(window.replenish()).toBe(true);
  });
});

describe('growth', () => {
  it('doubles while the client is limited, up to the cap', () => {
    const window = new CreditWindow(new CreditBudget(settings), 0, 0);
    const sizes: number[] = [];
    for (let i = 0; i < 10; i++) {
      useUp(window);
      sizes.push(window.events);
    }
    expect(sizes.slice(0, 4)).toEqual([8, 16, 32, 64]);
    expect(window.events).toBe(WINDOW_CAP.events);
    expect(window.bytes).toBe(WINDOW_CAP.bytes);
  });

  it('leaves room for sockets that come later', () => {
    const budget = new CreditBudget({ ...settings, capacity: 16 * 1024 * KiB });
    const windows = Array.from({ length: 200 }, () => {
      budget.openSocket();
      return new CreditWindow(budget, 0, 0);
    });
    for (let i = 0; i < 12; i++) for (const window of windows) useUp(window);
    let came = 0;
    while (came < 200 && budget.openSocket()) came++;
    expect(came).toBeGreaterThan(100);
  });

  it('stands still while the client uses little', () => {
    const window = new CreditWindow(new CreditBudget(settings), 0, 0);
    for (let seq = 1; seq < 20; seq++) {
      window.receive(seq, 100);
      window.settle(seq, window.receivedBytes);
      window.replenish();
    }
    expect(window.events).toBe(WINDOW_START.events);
  });

  it('stands still under pressure, and heavy windows give way first', () => {
    const budget = new CreditBudget(settings);
    const heavy = new CreditWindow(budget, 0, 0);
    const light = new CreditWindow(budget, 0, 0);
    for (let i = 0; i < 8; i++) useUp(heavy);
    const before = heavy.bytes;
    for (let i = 0; i < 10; i++) budget.adapt(1);
    useUp(heavy);
    useUp(light);
    expect(heavy.bytes).toBeLessThan(before);
    expect(light.bytes).toBe(WINDOW_START.bytes);
  });

  it('comes back additively once pressure is gone', () => {
    const budget = new CreditBudget(settings);
    new CreditWindow(budget, 0, 0);
    for (let i = 0; i < 20; i++) budget.adapt(1);
    const low = budget.ceiling;
    budget.adapt(0);
    expect(budget.ceiling - low).toBeCloseTo(settings.capacity / 40);
    for (let i = 0; i < 40; i++) budget.adapt(0);
    expect(budget.ceiling).toBe(settings.capacity);
  });
});

describe('while consumers are behind', () => {
  it('less may be held, from half of what they may be behind on', () => {
    const budget = new CreditBudget(settings);
    const all = budget.room();
    const room = (behind: number) => {
      budget.adapt(0, behind);
      return budget.room();
    };
    const share = (part: number) => expect.closeTo(part * settings.capacity);
    expect([0, 0.5, 0.75, 0.9, 0.1].map(room)).toEqual([all, all, share(0.5), share(0.2), all]);
    // Not less than a ration, of which bodies have their part as well.
    expect(room(0.999)).toBe(8 * (settings.largestEvent + CONTEXT_MAX_BYTES));
    // It is no pressure that has to pass by and by afterwards.
    expect(budget.ceiling).toBe(settings.capacity);
  });

  it('who gets too little is remembered, those first who have waited for the longest', () => {
    const budget = new CreditBudget({ ...settings, socketBytes: 0, capacity: 40 * KiB });
    const [first, second, third] = Array.from({ length: 3 }, () => new CreditWindow(budget, 0, 0)) as CreditWindow[];
    expect(budget.starved.size).toBe(0);
    budget.adapt(0, 1);
    for (const window of [second!, third!, first!]) useUp(window);
    expect([...budget.starved]).toEqual([second, third, first]);
    budget.adapt(0, 0);
    expect([third!.replenish(), ...budget.starved]).toEqual([true, second, first]);
    budget.ceiling = budget.outstanding + 100;
    expect([second!.replenish(), second!.replenish()]).toEqual([true, false]);
    expect([...budget.starved]).toEqual([first, second]);
    first!.close();
    expect([...budget.starved]).toEqual([second]);
  });
});

describe('while consumers are too far behind', () => {
  /** What stands for a ration: eight of the largest events with their contexts. */
  const RATION = 8 * (settings.largestEvent + CONTEXT_MAX_BYTES);

  function blockedWindow(budget: CreditBudget): CreditWindow {
    const window = new CreditWindow(budget, 0, 0);
    window.receive(WINDOW_START.events, WINDOW_START.bytes);
    window.settle(WINDOW_START.events, WINDOW_START.bytes);
    window.block(8 * KiB);
    return window;
  }

  it('nothing is granted but a ration for the blocked, oldest first', () => {
    const budget = new CreditBudget(settings);
    const busy = new CreditWindow(budget, 0, 0);
    const blocked = Array.from({ length: 20 }, () => blockedWindow(budget));
    budget.adapt(0, 1);
    busy.receive(4, 400);
    busy.settle(4, 400);
    expect([busy.replenish(), blocked[0]!.replenish()]).toEqual([false, false]);
    const most = Math.floor(RATION / (8 * KiB));
    expect(budget.serveWaiting()).toEqual(blocked.slice(0, most));
    expect(blocked[0]!.limit).toBe(WINDOW_START.events + 1);
    const [first] = blocked as [CreditWindow];
    first.receive(5, first.limitBytes);
    first.settle(5, first.limitBytes);
    first.block(8 * KiB);
    expect(budget.serveWaiting()).toEqual([]);
    budget.adapt(0, 1);
    expect(budget.serveWaiting()).toEqual(blocked.slice(most, 2 * most));
    budget.adapt(0, 1);
    expect(budget.serveWaiting()).toEqual([...blocked.slice(2 * most), first]);
    budget.adapt(0.5);
    expect(busy.replenish()).toBe(true);
  });

  it('an event counts although its bytes were granted before', () => {
    const budget = new CreditBudget({ ...settings, capacity: 64 * settings.capacity });
    const blocked = Array.from({ length: 1_000 }, () => {
      const window = new CreditWindow(budget, 0, 0);
      window.receive(WINDOW_START.events, 100);
      window.settle(WINDOW_START.events, 100);
      window.block(50);
      return window;
    });
    budget.adapt(0, 1);
    expect(budget.serveWaiting()).toEqual(blocked.slice(0, Math.floor(RATION / 256)));
  });

  it('a request body has its part of the ration', () => {
    const budget = new CreditBudget(settings);
    budget.adapt(0, 1);
    expect([budget.hold(RATION + 1), budget.hold(RATION - 100), budget.hold(101), budget.hold(100)]).toEqual([
      ...[false, true],
      ...[false, true],
    ]);
    budget.adapt(0);
    expect(budget.hold(RATION + 1)).toBe(true);
  });
});

describe('scarcity', () => {
  it('serves the oldest blocked connection first, with one event and the bytes it asked for', () => {
    const budget = new CreditBudget({ ...settings, socketBytes: 0, capacity: 2 * settings.largestEvent });
    const holder = new CreditWindow(budget, 0, 0);
    budget.ceiling = 0;
    const older = new CreditWindow(budget, 0, 0);
    const younger = new CreditWindow(budget, 0, 0);
    older.block(8 * KiB);
    younger.block(6 * KiB);
    expect(budget.serveWaiting()).toEqual([older]);
    expect([older.limit, older.limitBytes]).toEqual([1, 8 * KiB]);
    expect([younger.limit, younger.limitBytes]).toEqual([0, 0]);
    older.receive(1, 8 * KiB);
    older.settle(1, 8 * KiB);
    holder.close();
    expect(budget.serveWaiting()).toEqual([younger]);
  });

  it('a blocked connection with events under way waits for those', () => {
    const budget = new CreditBudget(settings);
    const window = new CreditWindow(budget, 0, 0);
    window.receive(1, 4 * KiB);
    window.block(100);
    expect(budget.serveWaiting()).toEqual([]);
  });

  it('names those with the largest unused credit, idle ones first, when somebody waits in vain', () => {
    const budget = new CreditBudget({
      ...settings,
      socketBytes: 0,
      capacity: 3 * WINDOW_START.bytes + settings.largestEvent + CONTEXT_MAX_BYTES,
    });
    const busy = new CreditWindow(budget, 0, 0);
    const idle = new CreditWindow(budget, 0, 0);
    const other = new CreditWindow(budget, 0, 0);
    busy.receive(1, 10);
    other.receive(1, 2 * KiB);
    other.settle(1, 2 * KiB);
    expect(budget.victims()).toEqual([]);
    const waiting = new CreditWindow(budget, 0, 0);
    waiting.block(settings.largestEvent);
    budget.hold(budget.room());
    expect(waiting.grantLeast()).toBe('raised');
    waiting.receive(1, settings.largestEvent);
    const starving = new CreditWindow(budget, 0, 0);
    starving.block(4 * KiB);
    expect(budget.victims()).toEqual([idle]);
  });

  it('who was served and sends nothing gives way after a while to those behind', () => {
    const budget = new CreditBudget({ ...settings, socketBytes: 0, capacity: settings.largestEvent });
    const silent = new CreditWindow(budget, 0, 0);
    const behind = new CreditWindow(budget, 0, 0);
    silent.block(8 * KiB);
    expect(budget.serveWaiting()).toEqual([silent]);
    behind.block(8 * KiB);
    expect(budget.serveWaiting()).toEqual([]);
    expect(budget.victims(), 'its frame may be under way').toEqual([]);
    for (let i = 0; i < 100; i++) budget.adapt(0);
    expect(budget.victims()).toEqual([silent]);
    silent.close();
    expect(budget.serveWaiting()).toEqual([behind]);
  });

  it('keeps room for the largest event with its context, whatever sockets take', () => {
    const budget = new CreditBudget({ ...settings, capacity: settings.socketBytes * 2 + settings.largestEvent });
    while (budget.openSocket());
    const window = new CreditWindow(budget, 0, CONTEXT_MAX_BYTES);
    window.block(settings.largestEvent);
    expect(budget.serveWaiting()).toEqual([window]);
  });
});

it('makes room for a socket that was turned away, at the cost of who holds more than a small window', () => {
  const budget = new CreditBudget({
    ...settings,
    capacity: 2 * settings.socketBytes + settings.largestEvent + 20 * KiB,
  });
  expect(budget.openSocket()).toBe(true);
  const grown = new CreditWindow(budget, 0, 0);
  for (let i = 0; i < 8; i++) useUp(grown);
  expect(budget.openSocket(), 'ordinary grants leave room for one').toBe(true);
  expect(budget.openSocket()).toBe(false);
  expect(budget.victims()).toEqual([grown]);
  expect(budget.victims()).toEqual([]);
  grown.close();
  expect(budget.openSocket()).toBe(true);
});

it('a closed connection holds what it sent until that is settled, and nothing else', () => {
  const budget = new CreditBudget(settings);
  const window = new CreditWindow(budget, 0, 50);
  expect(budget.used).toBe(WINDOW_START.bytes + WINDOW_START.events * 50);
  window.receive(2, 700);
  window.close();
  expect(budget.used).toBe(700 + 2 * 50);
  window.settle(2, 700);
  expect(budget.used).toBe(0);
});

type Action =
  | { do: 'open'; context: number }
  | { do: 'send' | 'settle' | 'block' | 'close'; at: number; part: number }
  | { do: 'pressure'; level: number; behind: number };
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constant('open' as const), context: fc.constantFrom(0, 40, 1024) }),
  fc.record({
    do: fc.constantFrom('send' as const, 'settle' as const, 'block' as const, 'close' as const),
    at: fc.nat(50),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    do: fc.constant('pressure' as const),
    level: fc.double({ min: 0, max: 1, noNaN: true }),
    behind: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  }),
);

it('conserves credit: used is the sum of what is held, never above the capacity, and limits only grow', () => {
  fc.assert(
    fc.property(fc.array(anyAction, { maxLength: 120 }), (actions) => {
      const budget = new CreditBudget({ ...settings, capacity: 96 * KiB });
      const all: { window: CreditWindow; context: number; limit: number; limitBytes: number; open: boolean }[] = [];
      for (const action of actions) {
        if (action.do === 'open') {
          if (!budget.openSocket()) continue;
          const window = new CreditWindow(budget, 0, action.context);
          all.push({ window, context: action.context, limit: 0, limitBytes: 0, open: true });
        } else if (action.do === 'pressure') budget.adapt(action.level, action.behind);
        else if (all.length > 0) act(budget, all[action.at % all.length]!, action.do, action.part);
        budget.serveWaiting();
        const held = all.map(({ window, context }) => {
          return window.limitBytes - window.settledBytes + (window.limit - window.done) * context;
        });
        const sockets = budget.sockets * settings.socketBytes;
        expect(budget.used).toBe(sockets + held.reduce((sum, bytes) => sum + bytes, 0));
        expect(budget.used).toBeLessThanOrEqual(budget.settings.capacity);
        for (const one of all) {
          if (!one.open) continue;
          expect(one.window.limit).toBeGreaterThanOrEqual(one.limit);
          expect(one.window.limitBytes).toBeGreaterThanOrEqual(one.limitBytes);
          one.limit = one.window.limit;
          one.limitBytes = one.window.limitBytes;
        }
      }
    }),
  );
});

function act(
  budget: CreditBudget,
  one: { window: CreditWindow; open: boolean },
  what: 'send' | 'settle' | 'block' | 'close',
  part: number,
): void {
  const { window } = one;
  const events = Math.floor((window.limit - window.received) * part);
  if (what === 'send' && one.open && events > 0) {
    window.receive(window.received + events, Math.floor((window.limitBytes - window.receivedBytes) * part));
  } else if (what === 'settle') {
    const done = window.done + Math.floor((window.received - window.done) * part);
    const bytes = done === window.received ? window.receivedBytes : window.settledBytes;
    window.settle(done, bytes);
    window.replenish();
  } else if (what === 'block' && one.open) window.block(Math.floor(part * 16 * KiB));
  else if (what === 'close' && one.open) {
    one.open = false;
    window.close();
    budget.closeSocket();
  }
}
