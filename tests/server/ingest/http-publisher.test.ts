import { Packr } from 'msgpackr/pack';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CreditBudget } from '../../../protocol/credit/budget.ts';
import { createHttpPublisher } from '../../../server/ingest/http-publisher.ts';
import type { PublishOverHttp, PublishRequest } from '../../../server/ingest/request.ts';
import { LogError } from '../../../server/log/error.ts';
import type { EventLog } from '../../../server/log/port.ts';
import { createWorld, type IngestWorld, play } from '../../helpers/ingest-world.ts';

const packr = new Packr({ useRecords: false });
const identity = { tenant: 'default', owner: '' };

let world: IngestWorld;
let budget: CreditBudget;
let publish: PublishOverHttp;
afterEach(() => world.metrics.close());

/** `own` stands before the log's methods. */
function start(own: Partial<EventLog> = {}, timeoutMs = 60_000): void {
  world = createWorld({
    wrap: (log) =>
      new Proxy<EventLog>(log, { get: (target, name) => own[name as keyof EventLog] ?? Reflect.get(target, name) }),
  });
  budget = new CreditBudget({ capacity: 1 << 20, socketBytes: 17_408, largestEvent: 8256 });
  publish = createHttpPublisher({ ingest: world.ingest, budget, lanes: 1, timeoutMs });
}

function request(events: unknown[], more: Partial<PublishRequest> = {}): PublishRequest {
  const bytes = new Uint8Array(Buffer.concat(events.map((event) => Buffer.from(packr.pack(event)))));
  return {
    identity,
    events: { format: 'msgpack', bytes, count: events.length },
    bytes: bytes.length,
    context: { session_id: 's' },
    ...more,
  };
}

const plays = (count: number) => Array.from({ length: count }, (_, i) => play(`u${i % 5}`, `t${i}`));

describe('what a request holds comes back', () => {
  it('when it is settled, repeated, rejected or refused', async () => {
    start();
    expect(await publish(request(plays(20)))).toMatchObject({ status: 'settled', accepted: 20 });
    const numbered = request([...plays(3), null, play('u', 't', { action: 'jump' })], { producer: 'p', first: 1 });
    const first = await publish(numbered);
    expect(first).toMatchObject({ status: 'settled', accepted: 3, duplicates: 0, done: 5 });
    const again = await publish(numbered);
    expect(again).toMatchObject({ status: 'settled', accepted: 0, duplicates: 3, done: 5 });
    expect(again).toMatchObject({ rejected: (first as { rejected: unknown }).rejected });
    expect(await publish({ ...numbered, first: 7 })).toEqual({ status: 'sequence_gap', expected: 6 });
    expect(await publish(request(plays(1), { bytes: 2 << 20 }))).toEqual({ status: 'too_large' });
    expect(budget.used).toBe(0);
    budget.hold(budget.mostHeld);
    expect(await publish(request(plays(1)))).toMatchObject({ status: 'overloaded' });
    expect(budget.used).toBe(budget.mostHeld);
  });

  it('when storage cannot be read, or takes nothing any more', async () => {
    start({ producers: () => Promise.reject(new LogError('unavailable', 'away')) });
    expect(await publish(request(plays(2), { producer: 'p', first: 1 }))).toMatchObject({ status: 'unknown' });
    expect(budget.used).toBe(0);
    start({ append: () => Promise.reject(new LogError('closed', 'closed')) });
    expect(await publish(request(plays(20)))).toMatchObject({ status: 'unknown' });
    expect(await publish(request(plays(20), { producer: 'p', first: 1 }))).toMatchObject({ status: 'unknown' });
    await vi.waitUntil(() => budget.used === 0);
    expect(world.ingest.eventsInFlight).toBe(0);
  });

  it('only when its events are settled, however early it was answered; a repeat then reports the first verdicts', async () => {
    let answer: (() => void) | null = null;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    start({ append: (batch) => answered.then(() => world.log.append(batch)) }, 20);
    const numbered = request([...plays(3), play('u', 't', { action: 'jump' })], { producer: 'p', first: 1 });
    expect(await publish(numbered)).toMatchObject({ status: 'unknown' });
    const again = publish(numbered);
    expect(budget.used).toBeGreaterThan(numbered.bytes);
    answer!();
    let outcome = await again;
    while (outcome.status === 'unknown') outcome = await publish(numbered);
    expect(outcome).toMatchObject({ status: 'settled', accepted: 0, duplicates: 3, done: 4 });
    expect(outcome).toMatchObject({ rejected: [[4, 'invalid_field', 'action', expect.any(String)]] });
    await vi.waitUntil(() => budget.used === 0);
    expect(await world.events()).toHaveLength(3);
    expect(await world.deadLetters()).toHaveLength(1);
  });
});
