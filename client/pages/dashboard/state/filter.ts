/**
 * The filter of the live tail as people write it: `skip`, `user_id:u-17`, `action:play,skip track_id:t-3`. Words are separated by spaces and
 * must all hold; values of one field by commas, one of which must. Pure.
 */
import type { FeedOptions } from '../../../index.ts';

export type Filter = NonNullable<FeedOptions['filter']>;
export type ParsedFilter = { ok: true; filter: Filter | undefined } | { ok: false; message: string };

export const ACTIONS = ['play', 'pause', 'skip', 'like', 'dislike', 'complete', 'seek'] as const;
export const EVENT_FIELDS = ['type', 'action', 'user_id', 'session_id', 'track_id'] as const;
const SHORT: Record<string, string> = { user: 'user_id', session: 'session_id', track: 'track_id' };
/** PROTOCOL section 7. */
const MOST_VALUES = 100;

export function parseFilter(text: string): ParsedFilter {
  const wanted = new Map<string, string[]>();
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const [field, values] = split(word);
    if (!(EVENT_FIELDS as readonly string[]).includes(field)) {
      return wrong(`There is no field ${field}. Fields are ${EVENT_FIELDS.join(', ')}.`);
    }
    if (values.length === 0) return wrong(`${field} needs a value, like ${field}:${example(field)}.`);
    const all = [...(wanted.get(field) ?? []), ...values];
    if (all.length > MOST_VALUES) return wrong(`${field} has more than ${MOST_VALUES} values.`);
    wanted.set(field, all);
  }
  return { ok: true, filter: wanted.size === 0 ? undefined : Object.fromEntries(wanted) };
}

/** The text with this action in it, or without it if it was there: what a button does. */
export function toggleAction(text: string, action: string): string {
  const words = text.split(/\s+/).filter((one) => one !== '');
  const isAction = (word: string) => split(word)[0] === 'action';
  const actions = words.filter(isAction).flatMap((word) => split(word)[1]);
  const others = words.filter((word) => !isAction(word));
  const next = actions.includes(action) ? actions.filter((one) => one !== action) : [...actions, action];
  return [...(next.length > 0 ? [`action:${next.join(',')}`] : []), ...others].join(' ');
}

export function hasAction(text: string, action: string): boolean {
  return text.split(/\s+/).some((word) => {
    const [field, values] = split(word);
    return field === 'action' && values.includes(action);
  });
}

/** A bare word is an action, where it is one; a value may hold colons. */
function split(word: string): [field: string, values: string[]] {
  const colon = word.indexOf(':');
  if (colon < 0) {
    const names = word.toLowerCase().split(',');
    const known = names.every((name) => (ACTIONS as readonly string[]).includes(name));
    return known ? ['action', names] : [word, []];
  }
  const field = word.slice(0, colon).toLowerCase();
  const values = word.slice(colon + 1).split(',');
  return [SHORT[field] ?? field, values.filter((value) => value !== '')];
}

function example(field: string): string {
  return { type: 'user_interaction', action: 'skip', user_id: 'u-1', session_id: 's-1', track_id: 't-1' }[field]!;
}

function wrong(message: string): ParsedFilter {
  return { ok: false, message };
}
