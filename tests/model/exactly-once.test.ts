/**
 * What must hold whatever is delayed, lost, reordered or killed. A failing run prints its seed: play it again with
 * `GAPLESS_MODEL_SEED=<seed> npx vitest run tests/model`.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IntactEntry, Stream } from '../../format/model.ts';
import { decodeDeadLetters, decodeEvents } from '../../format/stored-event.ts';
import { SETTINGS } from '../helpers/ingest-world.ts';
import { type ModelOptions, World } from './world.ts';

const CALM_SECONDS = 120;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    now: 1_700_000_000_000,
  });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Line {
  partition: number;
  position: number;
  producer: string;
  seq: number;
  user: string;
}

async function readAll(world: World, stream: Stream): Promise<Line[]> {
  const lines: Line[] = [];
  for (let partition = 0; partition < SETTINGS.partitions; partition++) {
    const items = (await world.log.read(stream, partition, 1, 1e12)) as IntactEntry[];
    for (const item of items) {
      expect(item.status).toBe('intact');
      if (stream === 'events') {
        for (const { position, event } of decodeEvents(item)) {
          lines.push({ partition, position, producer: event.producer, seq: event.seq, user: event.user_id });
        }
      } else {
        for (const { position, letter } of decodeDeadLetters(item)) {
          lines.push({ partition, position, producer: letter.producer, seq: letter.seq, user: '' });
        }
      }
    }
  }
  return lines;
}

/** Received <= granted and limits only grow are checked by the credit's own property test; here that no budget is overdrawn. */
function checkMoment(world: World): void {
  for (const budget of world.budgets) {
    if (budget.used > budget.settings.capacity) throw new Error(`budget overdrawn: ${budget.used}`);
    for (const window of budget.windows) {
      if (window.received > window.limit) throw new Error('more events received than granted');
      if (window.receivedBytes > window.limitBytes) throw new Error('more bytes received than granted');
      if (window.done > window.received) throw new Error('more settled than received');
    }
  }
}

async function checkEnd(world: World): Promise<void> {
  expect(world.problems).toEqual([]);
  const stored = await readAll(world, 'events');
  const dead = await readAll(world, 'dead-letters');
  const keys = (lines: Line[]) => lines.map(({ producer, seq }) => `${producer}/${seq}`);
  expect(new Set(keys(stored)).size, 'an event stands twice').toBe(stored.length);
  expect(new Set(keys(dead)).size, 'a dead letter stands twice').toBe(dead.length);
  const inLog = new Set(keys(stored));
  const inDead = new Set(keys(dead));
  let expected = 0;
  for (const { producer, events, verdicts } of world.sent) {
    for (const [i, verdict] of verdicts.entries()) {
      const key = `${producer}/${verdict!.seq}`;
      const withdrawn = events[i] === null;
      if (verdict!.status === 'stored') {
        expected++;
        expect(inLog.has(key), `${key} was acknowledged and is not in the log`).toBe(true);
        expect(inDead.has(key)).toBe(false);
      } else {
        expect(verdict!.status).toBe('rejected');
        expect(inLog.has(key), `${key} was rejected and is in the log`).toBe(false);
        expect(inDead.has(key), `${key} has its dead letter`).toBe(!withdrawn);
      }
    }
  }
  expect(stored.length, 'nothing else is in the log').toBe(expected);
  const last = new Map<string, number>();
  for (const { producer, user, seq } of stored) {
    const key = `${producer}/${user}`;
    expect(seq, `order of ${key}`).toBeGreaterThan(last.get(key) ?? 0);
    last.set(key, seq);
  }
  expect(world.ledgerGaps.every((gap) => gap === 0)).toBe(true);
}

async function play(options: ModelOptions): Promise<void> {
  const world = new World(options);
  const check = () => checkMoment(world);
  await world.run(options.faultSeconds, () => false, check);
  world.calm();
  const settled = await world.run(CALM_SECONDS, () => world.settled, check);
  if (!settled) {
    const stuck = world.sent.filter(({ planned, verdicts }) => verdicts.filter(Boolean).length < planned);
    throw new Error(
      `not settled in ${CALM_SECONDS} virtual seconds: ${JSON.stringify(stuck.map(({ client, planned }) => ({ planned, ...client.stats })))}`,
    );
  }
  await checkEnd(world);
  world.leave();
  await world.run(20, () => world.budgets.every(({ used }) => used === 0), check);
  expect(world.budgets.map(({ used }) => used).filter(Boolean), 'everything that was granted came back').toEqual([]);
  await world.close();
}

const KiB = 1024;
/** A socket's reserve with the smallest window, and what the budget keeps back: beyond, a server has no room for another connection, and says so. */
const CLIENT_BYTES = 21 * KiB;
const KEPT_BYTES = 28 * KiB;
const fitting = ({ clients, budget, ...rest }: ModelOptions): ModelOptions => ({
  ...rest,
  budget,
  clients: Math.min(clients, Math.floor((budget - KEPT_BYTES) / CLIENT_BYTES)),
});

const options = fc
  .record<ModelOptions>({
    seed: fc.nat(2 ** 31),
    servers: fc.integer({ min: 1, max: 3 }),
    clients: fc.integer({ min: 1, max: 8 }),
    eventsEach: fc.constantFrom(5, 30, 100),
    budget: fc.constantFrom(9 * 17 * KiB, 10 * 17 * KiB, 200 * KiB, 1024 * KiB),
    faults: fc.record({
      cuts: fc.constantFrom(0, 0.5, 2),
      kills: fc.constantFrom(0, 0, 0.2, 0.5),
      stalls: fc.constantFrom(0, 0.2),
    }),
    faultSeconds: fc.constantFrom(2, 5, 10),
  })
  .map(fitting);

const seed = process.env.GAPLESS_MODEL_SEED ? Number(process.env.GAPLESS_MODEL_SEED) : undefined;
const runs = Number(process.env.GAPLESS_MODEL_RUNS ?? 25);

describe('many clients, several processes, one log', () => {
  it('every event gets one verdict and stands as it says, in order, and nobody starves', {
    timeout: 600_000,
  }, async () => {
    await fc.assert(fc.asyncProperty(options, play), {
      numRuns: runs,
      ...(seed !== undefined && { seed }),
      endOnFailure: true,
    });
  });
});
