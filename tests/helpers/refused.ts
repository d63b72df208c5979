import { ProtocolError } from '../../protocol/codes.ts';

/** What it answers, or `refused` where it ends in a protocol error; any other error is thrown on. */
export function outcome(decode: () => unknown): unknown {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtocolError) return 'refused';
    throw error;
  }
}

/** For what is asked thousands of times: `expect` has its price. */
export function isRefused(decode: () => unknown): boolean {
  return outcome(decode) === 'refused';
}
