import { faultOf } from '../../redis/fault.ts';
import { LogError } from '../error.ts';

/** Whatever was thrown, as what the port promises to throw. */
export function toLogError(error: unknown): LogError {
  if (error instanceof LogError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new LogError(faultOf(error), message, { cause: error });
}
