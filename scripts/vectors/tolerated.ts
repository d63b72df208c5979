/** Other forms of frames, in one encoding each, that a receiver must take as well. `frame` null: to be ignored. */

import { packed } from './encode.ts';
import type { FrameVector } from './frames.ts';

export interface ToleratedVector {
  name: string;
  from: 'client' | 'server';
  frame: FrameVector['frame'] | null;
  msgpack?: string;
  json?: string;
}

const blocked = { op: 'BLOCKED', seq: 7, bytes: 300 } as const;
const one = { op: 'PUBLISH', first: 7, events: [null] } as const;

/** BLOCKED of 7 and 300 with both numbers in the same format. */
const NUMBERS: Record<string, [seven: string, threeHundred: string]> = {
  'uint 16': ['cd0007', 'cd012c'],
  'uint 32': ['ce00000007', 'ce0000012c'],
  'uint 64': ['cf0000000000000007', 'cf000000000000012c'],
  'int 16': ['d10007', 'd1012c'],
  'int 32': ['d200000007', 'd20000012c'],
  'int 64': ['d30000000000000007', 'd3000000000000012c'],
  'float 32': ['ca40e00000', 'ca43960000'],
  'float 64': ['cb401c000000000000', 'cb4072c00000000000'],
};

/** Fields that are not what our encoder would write; both encodings can say them. */
const FIELDS: [name: string, from: 'client' | 'server', frame: FrameVector['frame'] | null, fields: unknown[]][] = [
  [
    'nil stands for an absent field',
    'client',
    { op: 'HELLO', producer: 'p' },
    [1, { token: null, producer: 'p', context: null }],
  ],
  ['unknown keys are ignored', 'client', { op: 'HELLO', done: 3 }, [1, { done: 3, later: { a: [1, 2] } }]],
  ['trailing fields are ignored', 'client', { op: 'FLOW', sub: 1, limit: 2 }, [5, 1, 2, 'later', { a: 1 }]],
  [
    'PUBLISH with trailing fields',
    'client',
    { op: 'PUBLISH', first: 7, events: [null] },
    [2, 7, [null], [1, 2], 'later'],
  ],
  ['an op that this version does not know', 'server', null, [99, { anything: 1 }]],
  ['unknown keys of a server', 'server', { op: 'BEAT', serverTime: 5 }, [26, { serverTime: 5, later: true }]],
  [
    'a rejection with a code and a field that this version does not know',
    'server',
    { op: 'REJECTED', rejections: [[7, 'later_code' as 'too_old', 'a.b', 'text']] },
    [18, [[7, 'later_code', 'a.b', 'text', { more: 1 }]]],
  ],
  [
    'a NACK code that this version does not know',
    'server',
    { op: 'NACK', from: 5, code: 'later_code' as 'over_credit', message: 'text' },
    [19, 5, 'later_code', 'text'],
  ],
];

export function toleratedVectors(): ToleratedVector[] {
  return [...msgpackNumbers(), ...jsonNumbers(), ...layouts(), ...FIELDS.flatMap(bothEncodings)];
}

function msgpackNumbers(): ToleratedVector[] {
  return Object.entries(NUMBERS).flatMap(([format, [seven, threeHundred]]): ToleratedVector[] => [
    { name: `BLOCKED with ${format}`, from: 'client', frame: blocked, msgpack: `9303${seven}${threeHundred}` },
    { name: `PUBLISH with ${format}`, from: 'client', frame: { ...one, events: [null] }, msgpack: `9302${seven}91c0` },
    { name: `an op as ${format}`, from: 'client', frame: { op: 'AUTH', token: 'x' }, msgpack: `92${seven}a178` },
  ]);
}

function jsonNumbers(): ToleratedVector[] {
  return ['7.0', '7e0', '0.7E+1'].flatMap((seven): ToleratedVector[] => [
    { name: `BLOCKED with ${seven}`, from: 'client', frame: blocked, json: `[3,${seven},3.00e2]` },
    { name: `PUBLISH with ${seven}`, from: 'client', frame: { ...one, events: [null] }, json: `[2,${seven},[null]]` },
  ]);
}

function layouts(): ToleratedVector[] {
  const flow = { op: 'FLOW', sub: 1, limit: 2 } as const;
  const events = [{ a: ']' }, '[,"'];
  return [
    { name: 'a frame in an array of 16 bits', from: 'client', frame: flow, msgpack: 'dc0003050102' },
    { name: 'a frame in an array of 32 bits', from: 'client', frame: flow, msgpack: 'dd00000003050102' },
    {
      name: 'events in an array of 32 bits',
      from: 'client',
      frame: { ...one, events: [null] },
      msgpack: '930207dd00000001c0',
    },
    {
      name: 'a token as text of 32 bits',
      from: 'client',
      frame: { op: 'AUTH', token: 'x' },
      msgpack: '9207db0000000178',
    },
    {
      name: 'HELLO as a map of 16 bits',
      from: 'client',
      frame: { op: 'HELLO', done: 3 },
      msgpack: `9201de0001${packed('done')}03`,
    },
    {
      name: 'of two equal keys the last one',
      from: 'client',
      frame: { op: 'HELLO', done: 3 },
      msgpack: `920182${packed('done')}02${packed('done')}03`,
    },
    {
      name: 'of two equal keys the last one',
      from: 'client',
      frame: { op: 'HELLO', done: 3 },
      json: '[1,{"done":2,"done":3}]',
    },
    {
      name: 'white space',
      from: 'client',
      frame: { op: 'PUBLISH', first: 7, events },
      json: ' [ 2 ,\n\t7 , [ {"a" : "]"} ,\r\n "[,\\"" ] ] ',
    },
    { name: 'escaped keys', from: 'client', frame: { op: 'HELLO', done: 3 }, json: '[1,{"\\u0064one":3}]' },
  ];
}

function bothEncodings([name, from, frame, fields]: (typeof FIELDS)[number]): ToleratedVector[] {
  return [
    { name, from, frame, msgpack: packed(fields) },
    { name, from, frame, json: JSON.stringify(fields) },
  ];
}
