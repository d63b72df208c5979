/** What a SUBSCRIBE narrows its feed to. Pure. */
import type { SubscribeOptions } from '../frames.ts';
import { FEED_KEY_MAX, FILTER_FIELDS_MAX, FILTER_VALUES_MAX } from '../limits.ts';

export const FILTER_FIELDS = ['type', 'action', 'user_id', 'session_id', 'track_id', 'code'] as const;
export type FilterField = (typeof FILTER_FIELDS)[number];

/** UNSUBSCRIBED `invalid_filter`. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
}

export interface Filter {
  matches(item: Readonly<Record<string, unknown>>): boolean;
  /** The values that this field may have, or null if it may have any. */
  only(field: FilterField): ReadonlySet<unknown> | null;
  /** Whether everything matches. */
  readonly all: boolean;
}

/**
 * `fields` are those that the feed's items have. A field matches if it is one of the values; all fields must match. A list without values
 * matches nothing. Throws FilterError.
 */
export function parseFilter(filter: SubscribeOptions['filter'], fields: readonly FilterField[]): Filter {
  const entries = Object.entries(filter ?? {}).map(([field, values]) => [field, [values].flat()] as const);
  if (entries.length > FILTER_FIELDS_MAX) throw new FilterError(`a filter has at most ${FILTER_FIELDS_MAX} fields`);
  const count = entries.reduce((sum, [, values]) => sum + values.length, 0);
  if (count > FILTER_VALUES_MAX) throw new FilterError(`a filter has at most ${FILTER_VALUES_MAX} values`);
  const wanted = entries.map(([field, values]) => {
    if (!fields.includes(field as FilterField))
      throw new FilterError(`items of this feed cannot be filtered by ${shown(field)}`);
    return [field, new Set<unknown>(values)] as const;
  });
  return {
    all: wanted.length === 0,
    only: (field) => wanted.find(([name]) => name === field)?.[1] ?? null,
    matches(item) {
      for (const [field, values] of wanted) if (!values.has(item[field])) return false;
      return true;
    },
  };
}

/** Throws FilterError for a key that no user, session or track can have. */
export function checkKey(key: string | undefined): void {
  if (key === undefined) return;
  if (key.length < 1 || key.length > FEED_KEY_MAX) throw new FilterError(`a key has 1 to ${FEED_KEY_MAX} characters`);
}

/** Messages echo no values; a field's name is one only if it looks like one. */
function shown(field: string): string {
  return /^[A-Za-z0-9_]{1,64}$/.test(field) ? field : 'such a field';
}
