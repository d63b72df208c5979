import { Unpackr } from 'msgpackr/unpack';
import { expect, it } from 'vitest';
import { asJson, asMsgpack, planEvents } from '../../../loadtest/generator/events.ts';
import { validateEvent } from '../../../protocol/events.ts';

const plan = { seed: 4, perConnection: 60, startMs: Date.UTC(2026, 0, 1) };
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

it('makes the same valid events again, of one user for a connection and another for the next', () => {
  const first = planEvents(plan)(0);
  expect(planEvents(plan)(0)).toEqual(first);
  expect(first).toHaveLength(plan.perConnection);
  for (const event of first) expect(validateEvent(event)).toEqual({ ok: true });
  const users = [0, 1].map((connection) => new Set(planEvents(plan)(connection).map((event) => event.user_id)));
  expect(users.map((set) => set.size)).toEqual([1, 1]);
  expect([...users[0]!][0]).not.toBe([...users[1]!][0]);
});

it('encodes them so that any run of them can be cut out', () => {
  const events = planEvents(plan)(3);
  const { bytes, offsets, separator, count } = asMsgpack(events);
  expect([separator, count]).toEqual([0, events.length]);
  for (const [i, event] of events.entries()) {
    expect(unpackr.unpack(bytes.subarray(offsets[i]!, offsets[i + 1]!))).toEqual(event);
  }
  const json = asJson(events);
  const cut = json.bytes.subarray(json.offsets[10]!, json.offsets[15]! - json.separator).toString();
  expect(JSON.parse(`[${cut}]`)).toEqual(events.slice(10, 15));
});
