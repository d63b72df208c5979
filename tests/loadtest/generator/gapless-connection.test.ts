import { describe, expect, it } from 'vitest';
import { PUBLISH_HEADER_BYTES, publishHeader } from '../../../loadtest/generator/gapless-connection.ts';
import { codecFor } from '../../../protocol/wire.ts';

const codec = codecFor('gapless.v1.msgpack');

describe('publishHeader', () => {
  it.each([
    [1, 1],
    [70_000, 50],
    [2 ** 32, 256],
    [Number.MAX_SAFE_INTEGER - 3, 3],
  ])('is the beginning of a PUBLISH from %i with %i events', (first, count) => {
    const event = codec.encodeEvent({ type: 'user_interaction' }).data as Uint8Array;
    const message = Buffer.concat([publishHeader(first, count), ...Array.from({ length: count }, () => event)]);
    expect(message.length).toBe(PUBLISH_HEADER_BYTES + count * event.length);
    expect(codec.decodeClient(message)).toMatchObject({ op: 'PUBLISH', first, count, bytes: message.length });
  });
});
