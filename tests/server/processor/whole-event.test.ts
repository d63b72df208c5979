import { expect, it } from 'vitest';
import { encodeEntry } from '../../../format/entry.ts';
import type { IntactEntry } from '../../../format/model.ts';
import { pack } from '../../../format/msgpack.ts';
import { UnitWriter } from '../../../format/unit.ts';
import { openMemoryLog } from '../../../server/log/memory/log.ts';
import { foldedEvents } from '../../../server/processor/folding.ts';
import { wholeEvent } from '../../../server/processor/whole-event.ts';

it('an event can be had again with all its fields', async () => {
  const log = openMemoryLog({ partitions: 1, rememberProducersMs: 1e9, dedupMs: 0 });
  const body = { type: 'track_skipped', timestamp: 5, user_id: 'u', track_id: 't', context: { source: 'radio' } };
  const writer = new UnitWriter();
  for (let seq = 1; seq <= 3; seq++) {
    writer.add({ seq, subject: 'u', receivedAt: 9, body: pack({ ...body, id: `e${seq}` }), added: pack({}) });
  }
  const { bytes, count } = writer.finish({ tenant: 'default', owner: '', producer: 'p', epoch: 1 });
  await log.append({
    partition: 0,
    units: [],
    entry: { bytes: encodeEntry('events', 1, count, [bytes]), count },
    dead: null,
  });
  const [entry] = (await log.read('events', 0, 1, 1e6)) as [IntactEntry];
  const second = foldedEvents(entry)[1]!;
  expect(second.event).not.toHaveProperty('context');
  expect(await wholeEvent(log, second)).toMatchObject({ ...body, id: 'e2', seq: 2 });
  // Retention has let go of it.
  expect(await wholeEvent(log, { ...second, position: 40 })).toBe(second.event);
  await log.close();
});
