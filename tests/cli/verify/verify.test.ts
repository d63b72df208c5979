/** `verify` finds whatever a log could get wrong. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { EventFile } from '../../../cli/input/event-file.ts';
import type { Fault } from '../../../cli/verify/findings.ts';
import { Verification } from '../../../cli/verify/verify.ts';
import { partitionOf } from '../../../format/partition.ts';
import type { StoredLog } from '../../../server/engines/engine.ts';
import { type MemoryLog, openMemoryLog } from '../../../server/log/memory/log.ts';
import { temporaryFolder } from '../../helpers/cli.ts';
import { LogWriter, type WrittenEvent } from '../../helpers/log-writer.ts';

const PARTITIONS = 4;
const PRODUCER = 'p';
const MAX_EVENT_BYTES = 1000;

const folder = temporaryFolder();
afterAll(() => folder.remove());

function eventOf(line: number, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'explicit_rating',
    user_id: `user-${line % 11}`,
    track_id: `t${line}`,
    rating: 3,
    nested: { line },
    ...fields,
  };
}
function withoutRating({ rating, ...event }: Record<string, unknown>): Record<string, unknown> {
  return event;
}
function homeOf(event: Record<string, unknown>): number {
  return partitionOf('default', event.user_id as string, PARTITIONS);
}

let log: MemoryLog;
let writer: LogWriter;
beforeEach(() => {
  log = openMemoryLog({ partitions: PARTITIONS, rememberProducersMs: 1e9, dedupMs: 0 });
  writer = new LogWriter(log);
});

/** Each event in the partition of its user, in order. */
async function store(events: readonly WrittenEvent[], producer = PRODUCER): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const own = events.filter(({ event }) => homeOf(event) === partition);
    for (let from = 0; from < own.length; from += 7)
      await writer.events(partition, producer, own.slice(from, from + 7));
  }
}
function numbered(from: number, to: number): WrittenEvent[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({ seq: from + i, event: eventOf(from + i) }));
}

async function verify(lines: readonly unknown[], signal = new AbortController().signal): Promise<Verification> {
  const name = folder.in('events.ndjson');
  writeFileSync(name, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  const file = await EventFile.open(name);
  const readable: StoredLog = {
    partitions: PARTITIONS,
    read: (...where) => log.read(...where),
    state: () => log.state(),
    producers: (keys) => log.producers(keys),
    close: () => log.close(),
  };
  const verification = new Verification({
    ...{ file, producer: PRODUCER, log: readable, signal },
    maxEventBytes: MAX_EVENT_BYTES,
  });
  await verification.run();
  await file.close();
  return verification;
}

/** The lines of each fault that was found, lowest first. */
function found({ findings }: Verification): Partial<Record<Fault, (number | null)[]>> {
  return Object.fromEntries(
    findings.found.map((fault) => [
      fault,
      findings.examples[fault].map(({ line }) => line).sort((a, b) => Number(a) - Number(b)),
    ]),
  );
}
const LINES = Array.from({ length: 100 }, (_, i) => eventOf(i + 1));

describe('verify', () => {
  it('accepts a log that holds the file, whatever else it holds', async () => {
    await store(numbered(1, 100));
    await store(numbered(1, 50), 'another');
    const verification = await verify(LINES);
    expect(found(verification)).toEqual({});
    expect(verification).toMatchObject({ lines: 100, stored: 100, blank: 0, rejected: 0 });
  });

  it('accepts what enrichment added, and not what it changed', async () => {
    const [first, second] = numbered(1, 2);
    await store([
      { ...first!, added: { event_time: 1, device: 'tv' } },
      { ...second!, added: { rating: 4 } },
    ]);
    expect(found(await verify(LINES.slice(0, 2)))).toEqual({ different: [2] });
  });

  it('accounts for rejected, blank, unreadable and too large lines', async () => {
    const lines: unknown[] = [...LINES];
    lines[9] = '';
    lines[19] = 'no json';
    lines[29] = eventOf(30, { track_id: 'x'.repeat(MAX_EVENT_BYTES) });
    lines[39] = eventOf(40, { rating: 99 });
    lines[49] = eventOf(50, { rating: 99 });
    await store(numbered(1, 100).filter(({ seq }) => seq % 10 !== 0 || seq > 50));
    await writer.deadLetters(0, PRODUCER, [{ seq: 40, code: 'invalid_field', path: 'rating', event: lines[39] }]);
    await writer.settled(1, PRODUCER, 100, [
      [10, 'withdrawn', '', ''],
      [50, 'disabled', '', ''],
    ]);
    const verification = await verify(lines);
    expect(found(verification)).toEqual({});
    expect(verification).toMatchObject({ lines: 100, stored: 95, blank: 1, unreadable: 1, tooLarge: 1, rejected: 2 });
    expect(verification.reasons).toEqual({ invalid_field: 1, disabled: 1 });
  });

  it('finds what is missing, and tells it from what was never sent', async () => {
    await store(numbered(1, 80).filter(({ seq }) => seq !== 17 && seq !== 80));
    expect(found(await verify(LINES))).toEqual({ missing: [17], not_sent: expect.arrayContaining([80, 81]) });
    await writer.settled(0, PRODUCER, 80);
    expect(found(await verify(LINES))).toMatchObject({ missing: [17, 80] });
  });

  it('finds what stands twice', async () => {
    await store(numbered(1, 100));
    await store(numbered(30, 31));
    expect(found(await verify(LINES))).toEqual({ duplicates: [30, 31] });
  });

  it('finds what is out of order, and compares it all the same', async () => {
    const event = eventOf(12);
    await store(numbered(1, 100).filter(({ seq }) => seq !== 12));
    await writer.events(homeOf(event), PRODUCER, [{ seq: 12, event }]);
    const verification = await verify(LINES);
    expect(found(verification)).toEqual({ out_of_order: [12] });
    expect(verification.stored).toBe(100);
  });

  it('finds what stands in another partition', async () => {
    const event = eventOf(12);
    await store(numbered(1, 100).filter(({ seq }) => seq !== 12));
    await writer.events((homeOf(event) + 1) % PARTITIONS, PRODUCER, [{ seq: 12, event }]);
    expect(found(await verify(LINES))).toMatchObject({ misplaced: [12] });
  });

  it.each([
    ['a value', eventOf(5, { rating: 4 })],
    ['a nested value', eventOf(5, { nested: { line: 0 } })],
    ['a field more', eventOf(5, { more: 1 })],
    ['a field less', withoutRating(eventOf(5))],
  ])('finds other content: %s', async (_, event) => {
    const events = numbered(1, 100);
    events[4] = { seq: 5, event };
    await store(events);
    expect(found(await verify(LINES))).toEqual({ different: [5] });
  });

  it('finds what is not in the file', async () => {
    const lines: unknown[] = [...LINES];
    lines[3] = '';
    lines[4] = '[]';
    await store(numbered(1, 102));
    await writer.events(0, PRODUCER, [{ seq: 3, event: eventOf(3) }], 2);
    await writer.deadLetters(0, PRODUCER, [{ seq: 101, code: 'disabled', path: '', event: {} }]);
    const { unexpected } = found(await verify(lines));
    expect(unexpected).toHaveLength(6);
    expect(unexpected).toEqual(expect.arrayContaining([4, 5]));
  });

  it('finds what is both stored and rejected, and dead letters that stand twice', async () => {
    await store(numbered(1, 100));
    const letter = { code: 'disabled', path: '', event: {} } as const;
    await writer.deadLetters(0, PRODUCER, [{ seq: 7, ...letter }]);
    expect(found(await verify(LINES))).toEqual({ contradictory: [7] });
    await writer.deadLetters(1, PRODUCER, [{ seq: 7, ...letter }]);
    expect(found(await verify(LINES))).toEqual({ contradictory: [7], duplicates: [7] });
  });

  it('accepts a repeated id, as long as the event with that id is there', async () => {
    const lines: unknown[] = [...LINES];
    lines[0] = eventOf(1, { id: 'a', user_id: 'user-5' });
    lines[4] = eventOf(5, { id: 'a', user_id: 'user-5' });
    lines[5] = eventOf(6, { id: 'b' });
    const events = numbered(1, 100).filter(({ seq }) => seq !== 5 && seq !== 6);
    events[0]!.event = lines[0] as WrittenEvent['event'];
    await store(events);
    await writer.settled(0, PRODUCER, 100);
    const verification = await verify(lines);
    expect(found(verification)).toEqual({ missing: [6] });
    expect(verification.repeated).toBe(1);
  });

  it('reports damaged entries', async () => {
    await store(numbered(1, 100));
    await writer.damaged(2);
    await writer.damaged(3, 'dead-letters');
    expect(found(await verify(LINES))).toEqual({ damaged: [null, null] });
  });

  it('compares lines that came back out of order far behind, over several chunks of the file', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => eventOf(i + 1, { filling: 'y'.repeat(300) }));
    const events = lines.map((event, i) => ({ seq: i + 1, event }));
    const late = [10, 1200, 2600].map((seq) => events[seq - 1]!);
    await store(events.filter((event) => !late.includes(event)));
    for (const one of late) await writer.events(homeOf(one.event), PRODUCER, [one]);
    expect(found(await verify(lines))).toEqual({ out_of_order: [10, 1200, 2600] });
  });

  it('says when retention may have taken what is missing', async () => {
    await store(numbered(1, 100));
    expect((await verify(LINES)).trimmed).toBe(false);
    await log.trim({ stream: 'events', maxBytes: 0 });
    const verification = await verify(LINES);
    expect(verification.trimmed).toBe(true);
    expect(verification.findings.ok).toBe(false);
  });

  it('stops when it is told to', async () => {
    await store(numbered(1, 100));
    const verification = await verify(LINES, AbortSignal.abort());
    expect(verification.lines).toBe(0);
  });
});
