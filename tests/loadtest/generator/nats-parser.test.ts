import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NatsParser } from '../../../loadtest/generator/nats-parser.ts';

const WIRE = Buffer.from(
  [
    'INFO {"max_payload":1048576}\r\n',
    'PONG\r\n',
    'MSG _INBOX.a.1 1 28\r\n{"stream":"EVENTS", "seq":1}\r\n',
    'MSG _INBOX.a.2 1 _INBOX.reply 2\r\n\r\n\r\n',
    'PING\r\n',
    'HMSG _INBOX.a.3 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n',
    "-ERR 'Unknown'\r\n",
  ].join(''),
);
const HEARD = [
  'INFO {"max_payload":1048576}',
  'PONG',
  ['_INBOX.a.1', '{"stream":"EVENTS", "seq":1}'],
  ['_INBOX.a.2', '\r\n'],
  'PING',
  ['_INBOX.a.3', 'NATS/1.0 503\r\n\r\n'],
  "-ERR 'Unknown'",
];

function hear(pieces: readonly Buffer[]): unknown[] {
  const heard: unknown[] = [];
  const parser = new NatsParser({
    command: (line) => heard.push(line),
    message: (subject, payload) => heard.push([subject, payload]),
  });
  for (const piece of pieces) parser.push(piece);
  return heard;
}

describe('NatsParser', () => {
  it('hears the same whole and byte by byte', () => {
    expect(hear([WIRE])).toEqual(HEARD);
    expect(hear([...WIRE].map((byte) => Buffer.from([byte])))).toEqual(HEARD);
  });

  it('hears the same however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: WIRE.length })), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), WIRE.length];
        expect(hear(at.slice(1).map((end, i) => WIRE.subarray(at[i]!, end)))).toEqual(HEARD);
      }),
    );
  });
});
