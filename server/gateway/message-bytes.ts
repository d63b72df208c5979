/** How long a message of a client may be; `maxFrameBytes` is the setting. */
import { HELLO_MAX_BYTES } from '../../protocol/limits.ts';

/** So much longer than allowed may a message be and still be answered with `too_large` instead of a cut. */
const TOO_LARGE_MARGIN_BYTES = 1024;

/** What is taken. */
export function largestMessage(maxFrameBytes: number): number {
  return Math.max(maxFrameBytes, HELLO_MAX_BYTES);
}

/** What a socket may bring at all, in pieces, before it is cut: so much is held for each. */
export function socketBytes(maxFrameBytes: number): number {
  return largestMessage(maxFrameBytes) + TOO_LARGE_MARGIN_BYTES;
}
