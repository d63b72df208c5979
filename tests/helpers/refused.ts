import { ProtocolError } from '../../protocol/codes.ts';

/** Whether it ends in a protocol error; any other one is thrown on. For what is asked thousands of times: `expect` has its price. */
export function isRefused(decode: () => unknown): boolean {
  try {
    decode();
    return false;
  } catch (error) {
    if (error instanceof ProtocolError) return true;
    throw error;
  }
}
