/** What a client may send that ends the connection, with the close. `jsonHex` is for text messages whose bytes are not UTF-8. */

import type { CloseName } from '../../protocol/wire.ts';
import { CLOSE_CODES } from '../../protocol/wire.ts';
import { json, msgpack, packed } from './encode.ts';

export interface InvalidVector {
  name: string;
  msgpack?: string;
  json?: string;
  jsonHex?: string;
  close: CloseName;
  code: number;
}

/** Both encodings can say these. */
const FIELDS: Record<string, unknown> = {
  'no array': { op: 6 },
  'an empty array': [],
  'an op that is text': ['UNSUBSCRIBE', 1],
  'an op that is nil': [null, 1],
  'an op of the server': [17, 1, 2, 3, 0],
  'an op that nobody knows': [99, 1],
  'op 0': [0, 1],
  'HELLO without its map': [1],
  'HELLO with a list': [1, []],
  'a token that is a number': [1, { token: 5 }],
  'an empty producer': [1, { producer: '' }],
  'a producer of 65 characters': [1, { producer: 'p'.repeat(65) }],
  'a producer with a dot': [1, { producer: 'a.b' }],
  'epoch 0': [1, { epoch: 0 }],
  'a negative attempt': [1, { attempt: -1 }],
  'done beyond 2^53-1': [1, { done: 2 ** 53 }],
  'a clock with a fraction': [1, { clock: 1.5 }],
  'a context that is text': [1, { context: 'x' }],
  'a context of more than 1,024 bytes': [1, { context: { user_id: 'u'.repeat(1_024) } }],
  'a key of a prototype in the context': [1, { context: JSON.parse('{"__proto__":{"a":1}}') }],
  'PUBLISH without events': [2, 1],
  'PUBLISH with nil for events': [2, 1, null],
  'PUBLISH with a map for events': [2, 1, {}],
  'PUBLISH with no event': [2, 1, []],
  'PUBLISH from number 0': [2, 0, [null]],
  'PUBLISH from a negative number': [2, -1, [null]],
  'PUBLISH from a number as text': [2, '1', [null]],
  'PUBLISH beyond 2^53-1': [2, 2 ** 53 - 1, [null, null]],
  'BLOCKED without bytes': [3, 1],
  'SUBSCRIBE without limit': [4, 1, 'stats', {}],
  'SUBSCRIBE with a negative sub': [4, -1, 'stats', { limit: 1 }],
  'a feed that is a number': [4, 1, 5, { limit: 1 }],
  'a filter value that is a map': [4, 1, 'events', { limit: 1, filter: { code: {} } }],
  'an offset of 513 characters': [4, 1, 'events', { limit: 1, from: { epoch: 'e', offset: 'o'.repeat(513) } }],
  'from without an epoch': [4, 1, 'events', { limit: 1, from: { offset: 'o' } }],
  'FLOW without limit': [5, 1],
  'UNSUBSCRIBE of nil': [6, null],
  'AUTH without token': [7],
  'a control frame of 9 levels': [5, 1, 2, [[[[[[[[1]]]]]]]]],
  'a control frame of more than 4,096 values': [5, 1, 2, new Array(4_093).fill(0)],
};

const MSGPACK: Record<string, string> = {
  'an empty message': '',
  'a frame cut off in its header': 'dc00',
  'a frame cut off in a field': '930501',
  'a byte behind the frame': '92060100',
  'an array that claims 4 G': 'ddffffffff',
  'events that claim 4 G': '930201ddffffffff',
  'an event cut off in its text': '93020191a5616263',
  'an event that is a map of 4 G': '93020191dfffffffff',
  'an event with binary of 4 G': '93020191c6ffffffff',
  '0xc1 as an event': '93020191c1',
  'an extension type in an event': '93020191d40100',
  'a timestamp of MessagePack in an event': '93020191d6ff00000000',
  'an extension type behind the events': '94020191c0d40100',
  'a byte behind PUBLISH': '93020191c0c0',
  'NaN for a number': '9206cb7ff8000000000000',
  'infinity for a number': '9206cb7ff0000000000000',
  '2^53 as uint 64': '9206cf0020000000000000',
  'the largest uint 64': '9206cfffffffffffffffff',
  'binary in a control frame': '920181a178c40100',
  'a key that is a number': '9201810101',
  'a key that is nil': '920181c001',
  'a key that is a list': '9201819001',
  'invalid UTF-8 in a token': '9207a1ff',
  'a surrogate in a token': '9207a3eda080',
  'an overlong character in a key': '920181a2c0af01',
};

const JSON_TEXT: Record<string, string> = {
  'an empty message': '',
  'a frame cut off': '[2,1,[{}',
  'something behind the frame': '[6,1] 1',
  'NaN for a number': '[6,NaN]',
  '1e400 for a number': '[6,1e400]',
  'a trailing comma': '[6,1,]',
  'a comment': '[6,1/**/]',
  'a lone surrogate in a token': '[7,"\\ud800"]',
  'a byte order mark': '\ufeff[6,1]',
};

const JSON_HEX: Record<string, string> = {
  'UTF-16': '5b0036002c0031005d00',
  'Latin-1 in a token': '5b372c22e9225d',
  'Latin-1 in an event': '5b322c312c5b22e9225d5d',
  'a surrogate in UTF-8': '5b372c22eda080225d',
};

const hello = [1, { token: 't'.repeat(8_192) }];

export function invalidVectors(): InvalidVector[] {
  const vector = (
    name: string,
    message: Partial<InvalidVector>,
    close: CloseName = 'protocol_error',
  ): InvalidVector => ({
    name,
    ...message,
    close,
    code: CLOSE_CODES[close],
  });
  return [
    ...Object.entries(FIELDS).flatMap(([name, fields]) => [
      vector(name, { msgpack: packed(fields) }),
      vector(name, { json: json.encodeEvent(fields).data as string }),
    ]),
    ...Object.entries(MSGPACK).map(([name, hex]) => vector(name, { msgpack: hex })),
    ...Object.entries(JSON_TEXT).map(([name, text]) => vector(name, { json: text })),
    ...Object.entries(JSON_HEX).map(([name, hex]) => vector(name, { jsonHex: hex })),
    vector(
      'HELLO of more than 8 KiB',
      { msgpack: Buffer.from(msgpack.encodeEvent(hello).data).toString('hex') },
      'too_large',
    ),
    vector('HELLO of more than 8 KiB', { json: JSON.stringify(hello) }, 'too_large'),
  ];
}
