/** The context of HELLO. */
import { ProtocolError } from '../codes.ts';
import type { Context } from '../frames.ts';
import { contextSchema } from './schemas.ts';
import { findFlaw } from './structure.ts';
import { fromIssue, problem } from './validate.ts';

/**
 * The context of a connection: shaped like an event without `type`, `timestamp` and `id`, every field optional. Throws
 * `ProtocolError` for a field that no event has and for an invalid value. Its size is for the caller to check, who has the bytes.
 */
export function parseContext(value: unknown): Context {
  const flaw = findFlaw(value);
  if (flaw) throw refused(problem('invalid_field', flaw.path, flaw.message));
  const given = withoutNil(value);
  const result = contextSchema.safeParse(given);
  if (!result.success) throw refused(fromIssue(given, result.error.issues[0]!));
  return result.data;
}

/** As in frames, and unlike in events, nil stands for an absent field, also in the map within. */
function withoutNil(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const given = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(given.map(([name, field]) => [name, withoutNil(field)]));
}

function refused({ path, message }: { path: string; message: string }): ProtocolError {
  return new ProtocolError(`context${path && `.${path}`}: ${message}`);
}
