import { afterEach, expect, it } from 'vitest';
import { pack } from '../../../format/msgpack.ts';
import { createPoisonKeeper } from '../../../server/ingest/poison-keeper.ts';
import { LogError } from '../../../server/log/error.ts';
import type { EventLog } from '../../../server/log/port.ts';
import type { PoisonedEvent } from '../../../server/processor/port.ts';
import { createWorld, type IngestWorld, play, SETTINGS } from '../../helpers/ingest-world.ts';

let world: IngestWorld;
afterEach(() => world.metrics.close());

function start(own: Partial<EventLog> = {}, deadLetters = true) {
  world = createWorld({
    wrap: (log) =>
      new Proxy<EventLog>(log, { get: (target, name) => own[name as keyof EventLog] ?? Reflect.get(target, name) }),
  });
  return createPoisonKeeper({ ingest: world.ingest, deadLetters });
}

function poisoned(partition: number, position: number, more: Partial<PoisonedEvent> = {}): PoisonedEvent {
  const bytes = pack(play('u', `t-${position}`));
  return { partition, position, tenant: 'acme', userId: 'u', message: 'the fold threw', bytes, ...more };
}

it('keeps each once, in its partition, in whatever order and however often it is told', async () => {
  const keep = start();
  const told = [];
  for (let partition = 0; partition < SETTINGS.partitions; partition++)
    for (const position of [7, 3, 900, 3, 7, 4, 901]) told.push(poisoned(partition, position));
  await Promise.all(told.map(keep));
  await keep(poisoned(2, 900));
  const letters = await world.deadLetters();
  expect(letters).toHaveLength(5 * SETTINGS.partitions);
  for (let partition = 0; partition < SETTINGS.partitions; partition++) {
    const own = letters.filter(({ producer }) => producer === `gapless.fold.${partition}`);
    expect(own.map(({ seq }) => seq).sort((a, b) => Number(a) - Number(b))).toEqual([3, 4, 7, 900, 901]);
    const [state] = (await world.log.state()).deadLetters.slice(partition, partition + 1);
    expect(state?.last).toBe(5);
  }
  expect(await world.events()).toEqual([]);
  expect(world.metrics.ledger().gap).toBe(0);
});

it('says what it was and why', async () => {
  const keep = start();
  const event = poisoned(1, 12, { message: 'x'.repeat(300) });
  await keep(event);
  expect(await world.deadLetters()).toEqual([
    {
      tenant: 'acme',
      producer: 'gapless.fold.1',
      epoch: 12,
      seq: 12,
      received_at: expect.any(Number),
      stage: 'fold',
      code: 'unprocessable',
      path: '',
      message: 'x'.repeat(200),
      format: 'msgpack',
      bytes: new Uint8Array(event.bytes),
    },
  ]);
});

it('keeps it once although the answer of storage was lost, and waits while storage is away', async () => {
  let calls = 0;
  const keep = start({
    async append(batch) {
      if (calls++ === 0) throw new LogError('unavailable', 'away');
      const result = await world.log.append(batch);
      if (calls === 2) throw new LogError('in_doubt', 'the answer was lost');
      return result;
    },
  });
  await keep(poisoned(0, 5));
  expect(calls).toBe(3);
  expect(await world.deadLetters()).toHaveLength(1);
});

it('says that the log takes nothing any more', async () => {
  const keep = start({ append: () => Promise.reject(new LogError('closed', 'closed')) });
  await expect(keep(poisoned(0, 5))).rejects.toThrow('takes no dead letter');
  expect(world.metrics.ledger()).toMatchObject({ abandoned: 1, gap: 0 });
});

it('keeps none where dead letters are not kept', async () => {
  const keep = start({}, false);
  await keep(poisoned(0, 5));
  expect(await world.deadLetters()).toEqual([]);
});
