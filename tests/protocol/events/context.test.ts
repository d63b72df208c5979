import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocol/codes.ts';
import { EVENT_TYPES, fieldsOf, parseContext } from '../../../protocol/events.ts';

describe('the context of HELLO', () => {
  it('takes every field that some event has, but what makes an event of its own', () => {
    const full = {
      user_id: 'u',
      session_id: 's',
      track_id: 't',
      action: 'play',
      position_ms: 1,
      duration_ms: 2,
      recommendation_id: 'r',
      context: { playlist_id: 'p', source: 'search', device_type: 'tv' },
      feedback_type: 'implicit',
      rating: 3,
      relevance_score: 0.5,
      position: 4,
    };
    expect(parseContext(full)).toEqual(full);
    const all = new Set(EVENT_TYPES.flatMap((type) => [...fieldsOf(type)!]));
    expect([...all].filter((field) => !(field in full)).sort()).toEqual(['id', 'timestamp', 'type']);
  });

  it('may be empty', () => {
    expect(parseContext({})).toEqual({});
  });

  it('takes nil for an absent field', () => {
    const context = { user_id: 'u', session_id: null, context: { source: null, device_type: 'tv' } };
    expect(parseContext(context)).toEqual({ user_id: 'u', context: { device_type: 'tv' } });
    expect(() => parseContext({ volume: 1, session_id: null })).toThrow(ProtocolError);
  });

  it.each([
    ['type', { type: 'user_interaction' }],
    ['timestamp', { timestamp: 1 }],
    ['id', { id: 'x' }],
    ['an unknown field', { volume: 1 }],
    ['an unknown inner field', { context: { mood: 'x' } }],
    ['an invalid value', { user_id: '' }],
    ['an invalid inner value', { context: { source: 'x' } }],
    ['a forbidden key', JSON.parse('{"__proto__": {}}')],
    ['a forbidden inner key', { context: { constructor: 1 } }],
    ['a list', []],
    ['nil', null],
    ['text', 'user_id'],
  ])('refuses %s', (_name, context) => {
    expect(() => parseContext(context)).toThrow(ProtocolError);
  });

  it('names the place and never the value', () => {
    expect(() => parseContext({ context: { source: 'S3CR3T' } })).toThrow(
      'context.context.source: not one of the sources',
    );
    expect(() => parseContext({ 'S3CR3T key': 1 })).toThrow('context.?: no such field');
  });

  it('throws nothing else for any value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.object()), (value) => {
        try {
          parseContext(value);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});
