import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StoredEvent } from '../../../format/model.ts';
import { partitionOf } from '../../../format/partition.ts';
import { decodeEvents } from '../../../format/stored-event.ts';
import { createInternalPublisher, type StoreInternalEvent } from '../../../server/ingest/internal-publisher.ts';
import { LogError } from '../../../server/log/error.ts';
import type { EventLog } from '../../../server/log/port.ts';
import type { InternalEvent } from '../../../server/processor/port.ts';
import type { RecommendationList, RecommendationRequest } from '../../../server/recommend/port.ts';
import { servedEvent, servedList } from '../../../server/recommend/served.ts';
import { createWorld, type IngestWorld, play, SETTINGS, type WorldOptions } from '../../helpers/ingest-world.ts';

let world: IngestWorld;
let store: StoreInternalEvent;
afterEach(() => world.metrics.close());

interface Setup extends WorldOptions {
  /** Stands before the log's methods. */
  log?: Partial<EventLog>;
  timeoutMs?: number;
  reserveBytes?: number;
}

function start({ log: own = {}, timeoutMs = 60_000, reserveBytes, ...options }: Setup = {}): void {
  world = createWorld({
    wrap: (log) =>
      new Proxy<EventLog>(log, { get: (target, name) => own[name as keyof EventLog] ?? Reflect.get(target, name) }),
    ...options,
  });
  const { ingest } = world;
  store = createInternalPublisher({ ingest, timeoutMs, ...(reserveBytes !== undefined && { reserveBytes }) });
}

function served(user: string, id: string, more: Partial<InternalEvent> = {}): InternalEvent {
  const list = { recommendation_id: id, model: 'blend', tracks: ['t'], scores: [1], confidence: 0.5 };
  return { tenant: 'acme', type: 'recommendation_served', timestamp: Date.now(), user_id: user, id, ...list, ...more };
}

describe('an event of the server', () => {
  it('is stored in the partition of its user, once for each id', async () => {
    start();
    const events = Array.from({ length: 40 }, (_, i) => served(`u${i % 7}`, `id-${i}`));
    expect(new Set(await Promise.all(events.map(store)))).toEqual(new Set(['stored']));
    expect(await Promise.all([store(events[0]!), store(events[39]!)])).toEqual(['duplicate', 'duplicate']);
    // Ids are a user's own.
    expect(await store(served('another', 'id-0'))).toBe('stored');
    const stored = await world.events();
    expect(stored).toHaveLength(41);
    for (const event of events) {
      const { tenant, ...fields } = event;
      const [found, ...more] = stored.filter(({ id, user_id }) => id === event.id && user_id === event.user_id);
      expect(found).toMatchObject({ ...fields, tenant, event_time: event.timestamp });
      expect(more).toEqual([]);
    }
    for (let partition = 0; partition < SETTINGS.partitions; partition++) {
      const entries = (await world.log.read('events', partition, 1, 1e6)).filter((item) => item.status === 'intact');
      for (const { event } of entries.flatMap(decodeEvents))
        expect(partitionOf('acme', event.user_id, SETTINGS.partitions)).toBe(partition);
    }
    expect(world.metrics.ledger()).toMatchObject({ received: 43, stored: 41, duplicates: 2, gap: 0 });
    expect(await world.metrics.text()).toContain('gapless_events_received_total{transport="internal"} 43');
  });

  it('is what the recommender makes of a list, however long', async () => {
    start();
    const tracks = Array.from({ length: 100 }, (_, i) => ({
      track_id: '\u{1f3b5}'.repeat(60) + i,
      score: 1 / (i + 1),
    }));
    const request: RecommendationRequest = {
      tenant: 'acme',
      userId: 'u',
      count: 100,
      model: 'blend',
      requestId: 'q'.repeat(64),
      context: { source: 'radio', device: 'car', playlist: 'p' },
    };
    const list: RecommendationList = {
      ...{ recommendation_id: 'r', request_id: request.requestId!, user_id: 'u', model: 'popularity' },
      ...{ at: Date.now(), tracks, confidence: 0.2, degraded: true },
    };
    expect(await store(servedEvent(request, list))).toBe('stored');
    const [event] = await world.events();
    expect(servedList(event as StoredEvent)).toMatchObject({
      recommendationId: 'r',
      model: 'popularity',
      degraded: true,
    });
  });

  it('cannot be brought down by a client that sends under its producer: no client can have such a name', async () => {
    start();
    await store(served('u', 'a'));
    const [{ producer } = {}] = await world.events();
    expect(producer).not.toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });

  it('is refused where it is not what it should be, and kept as a dead letter', async () => {
    start();
    await expect(store(served('u', 'a', { surprise: true }))).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('unknown_field at surprise'),
    });
    expect(await world.events()).toEqual([]);
    expect(await world.deadLetters()).toMatchObject([{ code: 'unknown_field', path: 'surprise', stage: 'validate' }]);
  });

  it('is stored once although the answer of storage was lost', async () => {
    let lost = 0;
    start({
      log: {
        async append(batch) {
          const result = await world.log.append(batch);
          if (lost++ === 0) throw new LogError('in_doubt', 'the answer was lost');
          return result;
        },
      },
    });
    expect(await store(served('u', 'a'))).toBe('stored');
    expect(await store(served('u', 'a'))).toBe('duplicate');
    expect(await world.events()).toHaveLength(1);
  });

  it('is not held up by clients: their events may wait without end', async () => {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    // Storage stands still for everything but the partition of this user.
    const partition = partitionOf('acme', 'u', SETTINGS.partitions);
    start({
      log: {
        append: (batch) =>
          batch.partition === partition ? world.log.append(batch) : held.then(() => world.log.append(batch)),
      },
    });
    const client = world.client('p');
    const others = Array.from({ length: 50 }, (_, i) => `v${i}`);
    client.send(
      others
        .filter((user) => partitionOf('default', user, SETTINGS.partitions) !== partition)
        .map((user) => play(user, 't')),
    );
    expect(await store(served('u', 'a'))).toBe('stored');
    release!();
  });
});

describe('when storage does not answer', () => {
  it('says so in time, and that its reserve is used up; what was taken may stand, and a repeat finds it', async () => {
    let answer: (() => void) | undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    start({
      log: { append: (batch) => answered.then(() => world.log.append(batch)) },
      timeoutMs: 20,
      reserveBytes: 400,
    });
    await expect(store(served('u', 'a'))).rejects.toMatchObject({ code: 'unavailable' });
    const results = await Promise.allSettled(['b', 'c', 'd', 'e'].map((id) => store(served('u', id))));
    const codes = results.map((result) => (result as PromiseRejectedResult).reason.code);
    expect(codes).toContain('unavailable');
    expect(codes).toContain('overloaded');
    answer!();
    await vi.waitUntil(() => world.ingest.eventsInFlight === 0);
    expect(await store(served('u', 'a'))).toBe('duplicate');
    // The reserve is there again.
    expect(await store(served('u', 'z'))).toBe('stored');
  });

  it('goes on in another lane after one that failed', async () => {
    let closed = true;
    start({
      log: {
        append: (batch) => (closed ? Promise.reject(new LogError('closed', 'closed')) : world.log.append(batch)),
      },
    });
    await expect(store(served('u', 'a'))).rejects.toMatchObject({ code: 'unavailable' });
    closed = false;
    expect(await store(served('u', 'a'))).toBe('stored');
    expect(world.metrics.ledger()).toMatchObject({ received: 2, stored: 1, abandoned: 1, gap: 0 });
  });
});
