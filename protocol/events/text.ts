/** What a text inside an event may hold, and the one rule for showing keys to people. */
import { z } from 'zod';
import { REJECT_MESSAGE_MAX, REJECT_PATH_MAX } from '../limits.ts';

export const TEXT_MAX = 128;
export const ID_MAX = 64;

/** Cc is U+0000-001F and U+007F-009F; Cs is a half of a surrogate pair, which only a lone one matches under the `u` flag. */
const CLEAN = /^[^\p{Cc}\p{Cs}]*$/u;

/**
 * A text of 1 to `max` UTF-16 units without control characters and lone surrogates. The length is a refinement because zod's own
 * `max` counts code points; what is generated from the schema has the bounds as metadata.
 */
export function text(max = TEXT_MAX) {
  return z
    .string({ error: 'must be text' })
    .refine(({ length }) => length >= 1 && length <= max, { error: `must have 1 to ${max} characters` })
    .regex(CLEAN, { error: 'must not hold control characters or lone surrogates' })
    .meta({ minLength: 1, maxLength: max });
}

const SHOWN_KEY = /^[A-Za-z0-9_]{1,64}$/;

/** Keys and indexes as one dotted path for people, at most 128 characters; a key that could be anything shows as `?`. */
export function showPath(keys: readonly PropertyKey[]): string {
  const path = keys.map((key) => (SHOWN_KEY.test(String(key)) ? String(key) : '?')).join('.');
  return path.slice(0, REJECT_PATH_MAX);
}

export function showMessage(message: string): string {
  return message.slice(0, REJECT_MESSAGE_MAX);
}
