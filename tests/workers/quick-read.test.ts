/** What the quick reader takes, the long way takes as well and with the same outcome. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requiredOf, validateEvent } from '../../protocol/events.ts';
import { maskOf } from '../../workers/field-bits.ts';
import { factsOf } from '../../workers/judge.ts';
import { QuickReader } from '../../workers/quick-read.ts';
import { EventReader } from '../../workers/read-event.ts';
import { event, NOW, outcome, pack, run, SOURCE } from './slabs.ts';

const quick = new QuickReader();
quick.tracks = true;
const long = new EventReader();

/** Whether the quick reader takes the event; compares with the long way if it does. Known shapes only: the long way learns them. */
function taken(bytes: Buffer): boolean {
  const slab = Buffer.concat([Buffer.of(0xc0), bytes, Buffer.of(0xc0)]);
  const limit = slab.length - 1;
  let read: Record<string, unknown> | null = null;
  for (let i = 0; i < 2 * Object.keys(event()).length + 20; i++) read = long.read(slab, 1, limit);
  if (!quick.read(slab, 1, limit)) return false;
  expect(read).not.toBeNull();
  expect(quick.end).toBe(long.end);
  expect(quick.userId).toBe(read!.user_id ?? null);
  expect(quick.mask).toBe(maskOf(Object.keys(read!)));
  const complete = requiredOf(quick.type.name)!.every((field) => field in read!);
  const judged = validateEvent(complete ? read : { ...missing(quick.type.name), ...read });
  expect(judged).toEqual({ ok: true });
  if (complete) expect(quick.facts).toEqual(factsOf(read!));
  return true;
}

function missing(type: string): Record<string, unknown> {
  const { timestamp, ...all } = event({ recommendation_id: 'r' });
  return Object.fromEntries(requiredOf(type)!.map((field) => [field, field === 'timestamp' ? timestamp : all[field]]));
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 140 }),
  fc.string({ unit: 'grapheme', maxLength: 50 }),
  fc.constantFrom('skip', 'zap', 'radio', 'tv', '', '\u0000', '\u007f', 'x'.repeat(128), 'x'.repeat(129)),
);
const value = fc.oneof(
  text,
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(null, true, 0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, NOW),
  fc.constantFrom({}, { source: 'radio' }, { device_type: 'tv', playlist_id: 'p' }, { source: 'x' }, { a: 1 }, []),
);
const type = fc.constantFrom(
  'user_interaction',
  'track_completed',
  'track_skipped',
  'recommendation_shown',
  'x',
  'rating',
);
const fields = fc.record(
  {
    ...{ type, timestamp: fc.oneof(fc.nat(), value), user_id: text, id: text, session_id: text, track_id: text },
    ...{ action: fc.constantFrom('play', 'skip', 'nap'), position_ms: value, duration_ms: value, position: value },
    ...{ recommendation_id: text, context: value, rating: value, extra: value },
  },
  { requiredKeys: [] },
);

describe('the quick reader', () => {
  it('takes ordinary events', () => {
    expect(taken(pack(event()))).toBe(true);
    expect(taken(pack(event({ id: 'e', position_ms: 1, duration_ms: 70_000, context: { device_type: 'tv' } })))).toBe(
      true,
    );
    expect(taken(pack(event({ type: 'track_skipped', action: undefined })))).toBe(true);
    expect(taken(pack(event({ user_id: 'ü' })))).toBe(false);
    expect(taken(pack(event({ action: 'zap' })))).toBe(false);
    expect(taken(pack(event({ extra: 1 })))).toBe(false);
  });

  it('agrees with the long way', () => {
    let quickly = 0;
    fc.assert(
      fc.property(fields, fc.nat({ max: 13 }), fc.boolean(), (some, from, few) => {
        const chosen = few ? Object.entries(some).slice(from, from + 2) : Object.entries(some);
        if (taken(pack({ ...(few && event()), ...Object.fromEntries(chosen) }))) quickly++;
      }),
      { numRuns: 3_000 },
    );
    expect(quickly).toBeGreaterThan(50);
  });

  it('does not read past its frame', () => {
    const bytes = pack(event({ position_ms: 70_000 }));
    const slab = Buffer.concat([bytes, bytes]);
    for (let i = 0; i < 20; i++) long.read(slab, 0, bytes.length);
    expect(quick.read(slab, 0, bytes.length)).toBe(true);
    for (let limit = 0; limit < bytes.length; limit++) expect(quick.read(slab, 0, limit)).toBe(false);
  });
});

describe('what a connection knows', () => {
  it('fills in as it does the long way', () => {
    const source = { ...SOURCE, context: { user_id: 'u-c', session_id: 's-c' }, userId: 'u-c' };
    const events = [event({ user_id: undefined, session_id: undefined }), event(), event({ user_id: 'u-c' })];
    // The second key order is new the first time, so the long way takes it, and the second time the quick way does.
    const [first, second] = [run([{ events }], [source]), run([{ events }], [source])].map((result) => outcome(result));
    expect(second).toEqual(first);
    expect(first!.rejected).toEqual(['2 forbidden_user user_id']);
  });
});
