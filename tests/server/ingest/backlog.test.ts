/** Which frames make a slab. */
import { describe, expect, it } from 'vitest';
import { Backlog } from '../../../server/ingest/backlog.ts';
import { SERVED_NOTHING } from '../../../server/ingest/fair-queue.ts';
import type { PendingFrame } from '../../../server/ingest/pending-frame.ts';
import type { Source } from '../../../server/ingest/source.ts';

const MOST = { events: 256, bytes: 64 * 1024 };
const anything = () => true;

const source = (name: string) =>
  ({ name, state: 'idle', frames: [], served: SERVED_NOTHING }) as unknown as Source & { name: string };
const frame = (bytes: number, format = 'msgpack') =>
  ({ copy: { length: bytes, release: () => {} }, count: 2, skip: 1, format, first: 1 }) as unknown as PendingFrame;

/** Had a slab of so many bytes before. */
function served(backlog: Backlog, name: string, bytes: number) {
  const one = source(name);
  backlog.add(one, frame(bytes));
  backlog.form();
  one.state = 'idle';
  return one;
}
const namesOf = ({ sources }: { sources: readonly Source[] }) =>
  sources.map((one) => (one as never as { name: string }).name);

it('counts what waits until it is in a slab or given up', () => {
  const backlog = new Backlog();
  const [a, b] = [source('a'), source('b')];
  backlog.add(a, frame(100));
  backlog.add(b, frame(50));
  expect(backlog).toMatchObject({ bytes: 150, events: 2, empty: false });
  backlog.discard(b);
  b.state = 'failed';
  expect(backlog).toMatchObject({ bytes: 100, events: 1 });
  expect(backlog.form()).toMatchObject({ sources: [a], bytes: 100, events: 1 });
  expect(backlog).toMatchObject({ bytes: 0, events: 0, empty: true });
});

describe('light sources', () => {
  it('make a slab of their own, before those that were served much', () => {
    const backlog = new Backlog();
    const heavy = served(backlog, 'heavy', 100_000);
    backlog.add(heavy, frame(100));
    for (const name of ['a', 'b']) backlog.add(source(name), frame(300));
    expect(namesOf(backlog.formLight(MOST, anything))).toEqual(['a', 'b']);
    expect(backlog.lightIsFirst(anything)).toBe(false);
    expect(namesOf(backlog.form())).toEqual(['heavy']);
  });

  it('are none with much that waits, nor for what has to go another way', () => {
    const backlog = new Backlog();
    backlog.add(source('much'), frame(3_000));
    expect(backlog.lightIsFirst(anything)).toBe(false);
    backlog.form();
    backlog.add(source('json'), frame(300, 'json'));
    expect(backlog.lightIsFirst(({ format }) => format === 'msgpack')).toBe(false);
    expect(backlog.lightIsFirst(anything)).toBe(true);
  });

  it('are light again when others have been served', () => {
    const backlog = new Backlog();
    const once = served(backlog, 'once', 8_000);
    backlog.add(once, frame(100));
    expect(backlog.lightIsFirst(anything)).toBe(false);
    backlog.form();
    for (let i = 0; i < 400; i++) served(backlog, `other ${i}`, 100_000);
    once.state = 'idle';
    backlog.add(once, frame(100));
    expect(backlog.lightIsFirst(anything)).toBe(true);
  });

  it('are as many as the slab may hold', () => {
    const backlog = new Backlog();
    for (let i = 0; i < 100; i++) backlog.add(source(`${i}`), frame(2_000));
    const { bytes, sources } = backlog.formLight(MOST, anything);
    expect(bytes).toBeLessThanOrEqual(MOST.bytes);
    expect(sources.length).toBeGreaterThan(30);
    expect(backlog.formLight({ events: 5, bytes: MOST.bytes }, anything).events).toBe(5);
  });

  it('whose connection is gone hold nobody up', () => {
    const backlog = new Backlog();
    const [gone, here] = [source('gone'), source('here')];
    backlog.add(gone, frame(10));
    backlog.add(here, frame(10));
    backlog.discard(gone);
    gone.state = 'failed';
    expect(namesOf(backlog.formLight(MOST, anything))).toEqual(['here']);
  });
});
