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
  const result = contextSchema.safeParse(value);
  if (!result.success) throw refused(fromIssue(value, result.error.issues[0]!));
  return result.data;
}

function refused({ path, message }: { path: string; message: string }): ProtocolError {
  return new ProtocolError(`context${path && `.${path}`}: ${message}`);
}
