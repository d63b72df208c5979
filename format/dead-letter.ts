/**
 * What a dead letter's unit holds as `added`, beside the original bytes: one MessagePack map
 * `{stage, code, path, message, format, context?}`.
 */
import { FormatError } from './bytes.ts';
import type { DeadLetter } from './model.ts';
import { pack, unpackMap } from './msgpack.ts';

export type DeadLetterReason = Pick<DeadLetter, 'stage' | 'code' | 'path' | 'message' | 'format' | 'context'>;

export function encodeReason({ stage, code, path, message, format, context }: DeadLetterReason): Uint8Array {
  const reason = { stage, code, path, message, format };
  return pack(context === undefined ? reason : { ...reason, context });
}

export function decodeReason(bytes: Uint8Array): DeadLetterReason {
  const reason = unpackMap(bytes);
  if (!('code' in reason)) throw new FormatError('not a dead letter');
  return reason as unknown as DeadLetterReason;
}
