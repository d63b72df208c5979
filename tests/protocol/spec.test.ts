/** PROTOCOL.md and the code say the same: every table in both directions, and the session of section 13 byte by byte. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EVENT_TYPES, fieldsOf } from '../../protocol/events.ts';
import * as wire from '../../protocol/wire.ts';
import { bytesOf, eventsOf, unpack, utf8 } from '../helpers/wire-bytes.ts';

const text = readFileSync('protocol/PROTOCOL.md', 'utf8');

/** The rows of the table whose head has this first cell, without head and rule, as cells without backticks. */
function table(head: string): string[][] {
  const start = text.search(new RegExp(`^ *\\| ${head} \\|`, 'm'));
  expect(start, `a table of "${head}"`).toBeGreaterThanOrEqual(0);
  const rows = text.slice(start).trimStart().split('\n');
  const end = rows.findIndex((row) => !row.trim().startsWith('|'));
  return rows.slice(2, end).map((row) => cells(row));
}
function cells(row: string): string[] {
  return row
    .trim()
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim().replaceAll('`', ''));
}
const firstCells = (head: string): string[] => table(head).map((row) => row[0]!);
const words = (cell: string): string[] => cell.match(/[a-z_]+/g) ?? [];

test('ops', () => {
  const rows = table('op').map(([op, name]) => [name, Number(op)]);
  expect(Object.fromEntries(rows)).toEqual(wire.OPS);
  for (const [op, name, direction] of table('op')) {
    expect(direction, name).toBe(Number(op) < 16 ? 'C>S' : 'S>C');
  }
});

test('subprotocols', () => {
  expect(firstCells('subprotocol')).toEqual([...wire.SUBPROTOCOLS]);
  expect(text).toContain(`\`${wire.PATH}\``);
});

test('close codes, and which of them GOAWAY precedes', () => {
  const rows = table('close code').map(([code, name]) => [name, Number(code)]);
  expect(Object.fromEntries(rows)).toEqual(wire.CLOSE_CODES);
  const sentence = text.match(/GOAWAY comes before ([\d, and]+)\./)![1]!;
  const codes = sentence.match(/\d+/g)!.map(Number);
  expect(new Set(codes.map(wire.closeName))).toEqual(wire.GOAWAY_BEFORE);
});

test.each([
  ['event code', wire.EVENT_CODES],
  ['NACK code', wire.NACK_CODES],
  ['UNSUBSCRIBED code', wire.UNSUBSCRIBED_CODES],
])('%ss', (head, codes) => {
  expect(new Set(firstCells(head))).toEqual(new Set(codes));
});

test('numbers', () => {
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(wire)) {
    if (typeof value === 'number') numbers[name] = value;
  }
  const records = {
    WINDOW_START: wire.WINDOW_START,
    WINDOW_CAP: wire.WINDOW_CAP,
    DEFAULT_FRAME_LIMITS: wire.DEFAULT_FRAME_LIMITS,
  };
  for (const [name, record] of Object.entries(records)) {
    for (const [key, value] of Object.entries(record)) numbers[`${name}.${key}`] = value;
  }
  const rows = table('number').map(([name, value]) => [name, Number(value!.replaceAll(',', ''))]);
  expect(Object.fromEntries(rows)).toEqual(numbers);
});

test('event types and their fields', () => {
  expect(new Set(firstCells('type'))).toEqual(new Set(EVENT_TYPES));
  for (const [type, required, optional] of table('type')) {
    const names = (cell: string) => words(cell.replaceAll(/\(.*?\)/g, ''));
    const fields = ['type', 'timestamp', 'user_id', 'id', ...names(required!), ...names(optional!)];
    expect(new Set(fields), type).toEqual(fieldsOf(type!));
  }
});

test('every section of the table of contents is there', () => {
  const listed = table('section').map(([link]) => link!.match(/\[(\d+)\]\(#(.+)\)/)!.slice(1));
  const headings = [...text.matchAll(/^## (\d+)\. (.+)$/gm)].map(([, number, title]) => [
    number,
    `${number}-${title!
      .toLowerCase()
      .replaceAll(/[^a-z0-9 ]/g, '')
      .replaceAll(' ', '-')}`,
  ]);
  expect(listed).toEqual(headings);
});

describe('the session of section 13', () => {
  const block = text.match(/^## 13\.[\s\S]*?```\n([\s\S]*?)\n```/m)![1]!;
  const steps = block.split('\n\n').map((step) => {
    const [, direction, name, hex, json] = step.match(/^(C>S|S>C) (\w+)\n\s+hex ([\s\S]*?)\n\s+json ([\s\S]*)$/)!;
    return { direction, name, hex: hex!, json: json!.replaceAll(/\n\s*/g, '') };
  });
  const msgpack = wire.codecFor('gapless.v1.msgpack');
  const json = wire.codecFor('gapless.v1.json');

  test.each(steps)('$direction $name says the same in both encodings', (step) => {
    const bytes = bytesOf(step.hex);
    expect(unpack(bytes)).toEqual(JSON.parse(step.json));
    if (step.direction === 'S>C') {
      expect(msgpack.decodeServer(bytes)).toMatchObject({ op: step.name });
      expect(msgpack.decodeServer(bytes)).toEqual(json.decodeServer(step.json));
      return;
    }
    const frames = [msgpack.decodeClient(bytes), json.decodeClient(utf8(step.json))].map((frame) =>
      frame.op === 'PUBLISH' ? { op: frame.op, first: frame.first, events: eventsOf(frame) } : frame,
    );
    expect(frames[0]).toMatchObject({ op: step.name });
    expect(frames[0]).toEqual(frames[1]);
  });

  test('its credit is counted from the bytes shown', () => {
    const publish = steps.find(({ name }) => name === 'PUBLISH')!;
    expect(text).toContain(`3 + 4 and ${bytesOf(publish.hex).length} + 4,096`);
    expect(text).toContain(`its own ${utf8(publish.json).length} bytes`);
    const ack = JSON.parse(steps.find(({ name }) => name === 'ACK')!.json) as number[];
    expect(ack.slice(1)).toEqual([3, 3 + 4, bytesOf(publish.hex).length + 4096, 0]);
  });
});
