/** Judges one event. Accepting costs one run of the compiled schema; only a rejected event pays for the reason. */
import type { z } from 'zod';
import type { EventCode } from '../codes.ts';
import { eventSchema, fieldsOf, type PlayerEvent } from './schemas.ts';
import { FORBIDDEN_KEYS, findFlaw, STRUCTURE } from './structure.ts';
import { showMessage, showPath } from './text.ts';

/** Why an event is refused, in the words of a REJECTED frame. Never holds a value of the event. */
export interface Problem {
  code: EventCode;
  path: string;
  message: string;
}
export type Validation = { ok: true } | ({ ok: false } & Problem);

const OK: Validation = { ok: true };

/**
 * Whether an event may be stored, and if not why: an unknown type first, then what is wrong with its structure, then the first
 * field in the order of the schema, then the first unknown field. Takes any value and never throws.
 */
export function validateEvent(event: unknown): Validation {
  const result = eventSchema.safeParse(event);
  return result.success ? OK : { ok: false, ...explain(event, result.error.issues) };
}

/** An event that passed. */
export function isPlayerEvent(event: unknown): event is PlayerEvent {
  return validateEvent(event).ok;
}

export function problem(code: EventCode, path: readonly PropertyKey[], message: string): Problem {
  return { code, path: showPath(path), message: showMessage(message) };
}

function explain(event: unknown, issues: readonly z.core.$ZodIssue[]): Problem {
  const type = typeof event === 'object' && event !== null ? (event as Record<string, unknown>).type : undefined;
  if (typeof type === 'string' && !fieldsOf(type))
    return problem('unknown_type', ['type'], 'not one of the event types');
  const flaw = findFlaw(event);
  if (flaw) return problem('invalid_field', flaw.path, flaw.message);
  if (type === undefined) return problem('missing_field', ['type'], 'is required');
  if (typeof type !== 'string') return problem('invalid_field', ['type'], 'must be text');
  return fromIssue(event, issues[0]!);
}

/** One zod issue about a structurally sound value. */
export function fromIssue(value: unknown, issue: z.core.$ZodIssue): Problem {
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const path = [...issue.path, key];
    if (FORBIDDEN_KEYS.has(key)) return problem('invalid_field', path, STRUCTURE.forbiddenKey);
    return problem('unknown_field', path, 'no such field');
  }
  if (at(value, issue.path) === undefined) return problem('missing_field', issue.path, 'is required');
  return problem('invalid_field', issue.path, issue.message);
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const key of path) here = (here as Record<PropertyKey, unknown>)[key];
  return here;
}
