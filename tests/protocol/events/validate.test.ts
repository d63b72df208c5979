import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_CODES } from '../../../protocol/codes.ts';
import { EVENT_TYPES, type EventType, fieldsOf, isPlayerEvent, validateEvent } from '../../../protocol/events.ts';
import { REJECT_MESSAGE_MAX, REJECT_PATH_MAX } from '../../../protocol/limits.ts';

type Event = Record<string, unknown>;

const COMMON = { timestamp: 1_790_000_000_000, user_id: 'u-1' };

/** Every type with all its fields. */
const FULL: Record<EventType, Event> = {
  user_interaction: {
    ...COMMON,
    id: 'e-1',
    session_id: 's-1',
    track_id: 't-1',
    action: 'skip',
    position_ms: 1_000,
    duration_ms: 200_000,
    recommendation_id: 'r-1',
    context: { playlist_id: 'p-1', source: 'radio', device_type: 'car' },
  },
  feedback_event: {
    ...COMMON,
    id: 'e-1',
    recommendation_id: 'r-1',
    feedback_type: 'explicit',
    track_id: 't-1',
    rating: 4.5,
    relevance_score: 0.25,
  },
  recommendation_shown: { ...COMMON, id: 'e-1', recommendation_id: 'r-1', track_id: 't-1', position: 3 },
  recommendation_clicked: { ...COMMON, id: 'e-1', recommendation_id: 'r-1', track_id: 't-1', position: 0 },
  track_completed: play(),
  track_skipped: play(),
  explicit_rating: { ...COMMON, id: 'e-1', track_id: 't-1', rating: 5 },
};

function play(): Event {
  return {
    ...COMMON,
    id: 'e-1',
    session_id: 's-1',
    track_id: 't-1',
    position_ms: 0,
    duration_ms: 200_000,
    recommendation_id: 'r-1',
  };
}

const REQUIRED: Record<EventType, string[]> = {
  user_interaction: ['timestamp', 'user_id', 'session_id', 'track_id', 'action'],
  feedback_event: ['timestamp', 'user_id', 'recommendation_id', 'feedback_type'],
  recommendation_shown: ['timestamp', 'user_id', 'recommendation_id', 'track_id'],
  recommendation_clicked: ['timestamp', 'user_id', 'recommendation_id', 'track_id'],
  track_completed: ['timestamp', 'user_id', 'session_id', 'track_id'],
  track_skipped: ['timestamp', 'user_id', 'session_id', 'track_id'],
  explicit_rating: ['timestamp', 'user_id', 'track_id', 'rating'],
};

function without(event: Event, field: string): Event {
  const { [field]: _, ...rest } = event;
  return rest;
}

function verdict(event: unknown): [string, string] | 'ok' {
  const result = validateEvent(event);
  return result.ok ? 'ok' : [result.code, result.path];
}

const interaction: Event = { type: 'user_interaction', ...FULL.user_interaction };

describe.each(EVENT_TYPES)('%s', (type) => {
  const full: Event = { type, ...FULL[type] };

  it('is taken with all its fields, and they are all there are', () => {
    expect(validateEvent(full)).toEqual({ ok: true });
    expect(isPlayerEvent(full)).toBe(true);
    expect([...fieldsOf(type)!].sort()).toEqual(Object.keys(full).sort());
  });

  it('is taken with its required fields only', () => {
    const event = Object.fromEntries(
      Object.entries(full).filter(([key]) => key === 'type' || REQUIRED[type].includes(key)),
    );
    expect(validateEvent(event)).toEqual({ ok: true });
  });

  it.each(REQUIRED[type])('needs %s', (field) => {
    expect(verdict(without(full, field))).toEqual(['missing_field', field]);
  });

  it('takes no other field', () => {
    expect(verdict({ ...full, volume: 3 })).toEqual(['unknown_field', 'volume']);
    for (const field of ['tenant', 'producer', 'epoch', 'seq', 'received_at', 'event_time', 'track', 'device']) {
      expect(verdict({ ...full, [field]: 1 })).toEqual(['unknown_field', field]);
    }
  });

  it.each(Object.keys(FULL[type]))('refuses a value of the wrong kind in %s', (field) => {
    for (const value of [null, true, [], {}, Number.NaN, Number.POSITIVE_INFINITY, '', -1, 2 ** 53]) {
      if (field === 'context' && JSON.stringify(value) === '{}') continue;
      expect(verdict({ ...full, [field]: value })).toEqual(['invalid_field', field]);
    }
  });
});

describe('texts', () => {
  it.each([
    ['the longest', 'x'.repeat(128), 'ok'],
    ['one unit too long', 'x'.repeat(129), 'invalid'],
    ['128 units of 64 pairs', '\u{1F3B5}'.repeat(64), 'ok'],
    ['130 units of 65 pairs', '\u{1F3B5}'.repeat(65), 'invalid'],
    ['empty', '', 'invalid'],
    ['a blank', ' ', 'ok'],
    ['other scripts', 'Ärzte 椎名林檎', 'ok'],
    ['NUL', 'a\u0000', 'invalid'],
    ['unit separator', 'a\u001fb', 'invalid'],
    ['a line feed', 'a\n', 'invalid'],
    ['DEL', '\u007f', 'invalid'],
    ['the last C1', '\u009f', 'invalid'],
    ['no-break space, just behind C1', '\u00a0', 'ok'],
    ['a lone high surrogate', 'a\ud83c', 'invalid'],
    ['a lone low surrogate', '\udfb5a', 'invalid'],
    ['a pair', '\ud83c\udfb5', 'ok'],
  ])('%s', (_name, text, expected) => {
    expect(verdict({ ...interaction, session_id: text })).toEqual(
      expected === 'ok' ? 'ok' : ['invalid_field', 'session_id'],
    );
  });

  it('an id has at most 64 units', () => {
    expect(verdict({ ...interaction, id: 'x'.repeat(64) })).toBe('ok');
    expect(verdict({ ...interaction, id: 'x'.repeat(65) })).toEqual(['invalid_field', 'id']);
  });
});

describe('numbers', () => {
  it.each([
    ['position_ms', 0, 'ok'],
    ['position_ms', 2 ** 53 - 1, 'ok'],
    ['position_ms', 1.5, 'invalid'],
    ['position_ms', '5', 'invalid'],
    ['duration_ms', 10n, 'invalid'],
  ])('%s = %s', (field, value, expected) => {
    expect(verdict({ ...interaction, [field]: value })).toEqual(expected === 'ok' ? 'ok' : ['invalid_field', field]);
  });

  it.each([
    [1, 'ok'],
    [5, 'ok'],
    [3.5, 'ok'],
    [0.99, 'invalid'],
    [5.01, 'invalid'],
  ])('rating = %s', (rating, expected) => {
    const event = { type: 'explicit_rating', ...COMMON, track_id: 't', rating };
    expect(verdict(event)).toEqual(expected === 'ok' ? 'ok' : ['invalid_field', 'rating']);
  });

  it('relevance_score is 0 to 1', () => {
    const event = { type: 'feedback_event', ...FULL.feedback_event };
    expect(verdict({ ...event, relevance_score: 0 })).toBe('ok');
    expect(verdict({ ...event, relevance_score: 1 })).toBe('ok');
    expect(verdict({ ...event, relevance_score: 1.01 })).toEqual(['invalid_field', 'relevance_score']);
  });
});

describe('which reason is told', () => {
  it('an unknown type before anything else', () => {
    expect(verdict({ type: 'nope', constructor: 1, zz: 2 })).toEqual(['unknown_type', 'type']);
    expect(verdict({ type: '' })).toEqual(['unknown_type', 'type']);
    expect(verdict({ type: 'toString' })).toEqual(['unknown_type', 'type']);
    expect(verdict({ type: '__proto__' })).toEqual(['unknown_type', 'type']);
  });

  it('the type when it is missing or no text', () => {
    expect(verdict({})).toEqual(['missing_field', 'type']);
    expect(verdict({ type: 5 })).toEqual(['invalid_field', 'type']);
    expect(verdict({ type: null })).toEqual(['invalid_field', 'type']);
  });

  it('the structure before a field', () => {
    const forbidden = JSON.parse('{"__proto__": {"x": 1}}') as Event;
    expect(verdict({ ...without(interaction, 'user_id'), context: forbidden })).toEqual([
      'invalid_field',
      'context.__proto__',
    ]);
    expect(verdict({ ...interaction, prototype: 1, action: 'zap' })).toEqual(['invalid_field', 'prototype']);
    expect(verdict({ ...interaction, extra: { constructor: 1 } })).toEqual(['invalid_field', 'extra.constructor']);
  });

  it('a known field before an unknown one, whatever order they stand in', () => {
    expect(verdict({ aaa: 1, ...interaction, action: 'zap' })).toEqual(['invalid_field', 'action']);
    expect(verdict({ ...interaction, action: 'zap', aaa: 1 })).toEqual(['invalid_field', 'action']);
  });

  it('what is not a map', () => {
    for (const value of [
      null,
      undefined,
      1,
      'x',
      true,
      [],
      [interaction],
      new Map(),
      new Date(),
      () => 1,
      Symbol('x'),
      1n,
    ]) {
      expect(verdict(value)).toEqual(['invalid_field', '']);
    }
  });

  it('inside the context', () => {
    expect(verdict({ ...interaction, context: { mood: 1 } })).toEqual(['unknown_field', 'context.mood']);
    expect(verdict({ ...interaction, context: { source: 'tv' } })).toEqual(['invalid_field', 'context.source']);
    expect(verdict({ ...interaction, context: {} })).toBe('ok');
  });
});

describe('what a client gets to read', () => {
  it('the words of the protocol', () => {
    expect(validateEvent({ ...interaction, action: 'zap' })).toEqual({
      ok: false,
      code: 'invalid_field',
      path: 'action',
      message: 'not one of the actions',
    });
  });

  it.each([
    ['a blank', 'a b'],
    ['a dot', 'a.b'],
    ['markup', '<script>'],
    ['65 characters', 'x'.repeat(65)],
    ['another script', 'ключ'],
    ['empty', ''],
  ])('a key that is %s shows as ?', (_name, key) => {
    expect(verdict({ ...interaction, [key]: 1 })).toEqual(['unknown_field', '?']);
    expect(verdict({ ...interaction, context: { [key]: 1 } })).toEqual(['unknown_field', 'context.?']);
  });

  it('shows a key of 64 characters and cuts a long path', () => {
    const key = 'k'.repeat(64);
    expect(verdict({ ...interaction, [key]: 1 })).toEqual(['unknown_field', key]);
    const deep = { ...interaction, [key]: { [key]: { [key]: Number.NaN } } };
    expect(verdict(deep)).toEqual(['invalid_field', `${key}.${key}`.slice(0, 128)]);
  });

  const secret = 'S3CR3T';
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
  });
  const nearly = fc
    .tuple(
      fc.constantFrom(...EVENT_TYPES),
      fc.constantFrom(...new Set(EVENT_TYPES.flatMap((type) => [...fieldsOf(type)!]))),
      anything,
    )
    .map(([type, field, value]) => ({ type, ...FULL[type], [field]: value }));

  it('never throws, and answers within the bounds for any value', () => {
    fc.assert(
      fc.property(fc.oneof(anything, nearly, fc.jsonValue()), (value) => {
        const result = validateEvent(value);
        if (result.ok) return;
        expect(EVENT_CODES).toContain(result.code);
        expect(result.path.length).toBeLessThanOrEqual(REJECT_PATH_MAX);
        expect(result.path).toMatch(/^[A-Za-z0-9_?.]*$/);
        expect(result.message.length).toBeLessThanOrEqual(REJECT_MESSAGE_MAX);
        expect(result.message).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });

  it('never echoes a value', () => {
    fc.assert(
      fc.property(fc.constantFrom(...EVENT_TYPES), fc.constantFrom('', '\n', ' '.repeat(200)), (type, tail) => {
        for (const field of Object.keys(FULL[type])) {
          for (const value of [secret + tail, [secret], { [secret]: secret }]) {
            const result = validateEvent({ type, ...FULL[type], [field]: value });
            if (!result.ok) expect(result.message).not.toContain(secret);
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});
