import { expect, test } from 'vitest';
import { CONTEXT_FIELDS, mergeContext } from '../../client/context.ts';
import { EVENT_TYPES, fieldsOf } from '../../protocol/events.ts';

test('the fields of each type are those of its schema', () => {
  expect(Object.keys(CONTEXT_FIELDS).sort()).toEqual([...EVENT_TYPES].sort());
  for (const type of EVENT_TYPES) {
    const own = ['type', 'timestamp', 'id', 'user_id', ...CONTEXT_FIELDS[type]!];
    expect(own.sort()).toEqual([...fieldsOf(type)!].sort());
  }
});

test('fills in what is missing and what the type has, the inner context key by key', () => {
  const context = { user_id: 'u', session_id: 's', rating: 3, context: { source: 'radio', device_type: 'tv' } };
  expect(mergeContext({ type: 'track_skipped', track_id: 't', session_id: 'mine' }, context)).toEqual({
    type: 'track_skipped',
    track_id: 't',
    session_id: 'mine',
    user_id: 'u',
  });
  expect(mergeContext({ type: 'user_interaction', context: { source: 'search' } }, context)).toEqual({
    type: 'user_interaction',
    user_id: 'u',
    session_id: 's',
    context: { source: 'search', device_type: 'tv' },
  });
  expect(mergeContext({ type: 'unknown' }, context)).toEqual({ type: 'unknown', user_id: 'u' });
});
