/** The judge is judged: what is wrong with a log must be found and named, and nothing else. */
import { expect, it } from 'vitest';
import { encodeEntry, openEntry } from '../../../format/entry.ts';
import type { ReadItem } from '../../../format/model.ts';
import { UnitWriter } from '../../../format/unit.ts';
import { asMsgpack, planEvents } from '../../../loadtest/generator/events.ts';
import { bothVerdicts, LogVerifier, type VerifiableLog } from '../../../loadtest/harness/verify.ts';

const plan = { seed: 2, perConnection: 20, startMs: Date.UTC(2026, 0, 1) };
const NOTHING = new Uint8Array(0);

interface Stored {
  producer: string;
  seq: number;
  /** Of which event of the connection its content is. */
  content?: number;
  /** Of which connection, if its name does not say it. */
  of?: number;
}

/** A log of one partition with one entry for each list, its events in this order. `gone` were there before and were let go. */
function logOf(entries: Stored[][], damage = false, gone = 0): VerifiableLog {
  const items: ReadItem[] = [];
  let last = gone;
  for (const events of entries) {
    const units = events.map(
      ({ producer, seq, content = seq - 1, of = Number(producer.slice('load-'.length)) || 0 }) => {
        const source = asMsgpack(planEvents(plan)(of));
        const body = source.bytes.subarray(
          source.offsets[content % source.count]!,
          source.offsets[(content % source.count) + 1]!,
        );
        const writer = new UnitWriter();
        writer.add({ seq, subject: 'somebody', receivedAt: 1, body, added: NOTHING });
        return writer.finish({ tenant: 'default', owner: '', producer, epoch: 1 }).bytes;
      },
    );
    last += events.length;
    const bytes = encodeEntry('events', 1, events.length, units);
    if (damage) bytes[bytes.length - 1]! ^= 1;
    items.push(openEntry('events', 0, last, bytes));
  }
  return { partitions: 1, read: async (_stream, _partition, from) => items.filter((item) => item.last >= from) };
}

const run = (seqs: number[], producer = 'load-0'): Stored[] => seqs.map((seq) => ({ producer, seq }));
const tally = (acknowledged: number, sent = acknowledged) => [
  { producer: 'load-0', connection: 0, sent, acknowledged },
];
const verify = (log: VerifiableLog, tallies = tally(3)) => new LogVerifier([{ events: plan, tallies }]).run(log);

it('finds nothing wrong where each acknowledged event stands once, in order', async () => {
  const verdict = await verify(logOf([run([1, 2]), run([3])]));
  expect(verdict).toMatchObject({ ok: true, stored: 3, acknowledged: 3, missing: 0, examples: [] });
});

it('lets an event that was sent and not acknowledged stand or not', async () => {
  expect((await verify(logOf([run([1, 2, 3])]), tally(2, 3))).ok).toBe(true);
  expect((await verify(logOf([run([1, 2])]), tally(2, 3))).ok).toBe(true);
});

it.each([
  ['missing', logOf([run([1, 3])])],
  ['repeated', logOf([run([1, 2, 3]), run([2])])],
  ['outOfOrder', logOf([run([1, 3]), run([2])])],
  ['foreign', logOf([run([1, 2, 3]), run([4])])],
  ['foreign', logOf([run([1, 2, 3]), run([1], 'somebody-else')])],
  ['foreign', logOf([[...run([1, 2]), { producer: 'load-0', seq: 3, content: 7 }]])],
] as const)('finds what is %s', async (what, log) => {
  const verdict = await verify(log);
  const wrong = { missing: 0, repeated: 0, outOfOrder: 0, foreign: 0, damaged: 0, [what]: 1 };
  expect(verdict).toMatchObject({ ok: false, ...wrong });
  expect(verdict.examples[0]).toContain(what);
});

it('accepts that retention let go of the oldest, and of no more than the partition lost', async () => {
  expect(await verify(logOf([run([3, 4])], false, 2), tally(4))).toMatchObject({ ok: true, missing: 0, trimmed: 2 });
  expect(await verify(logOf([run([3, 4])], false, 1), tally(4))).toMatchObject({ ok: false, missing: 1, trimmed: 1 });
  expect(await verify(logOf([run([3, 5])], false, 9), tally(5))).toMatchObject({ ok: false, missing: 1, trimmed: 2 });
});

it('leaves out what the server itself stored', async () => {
  const log = logOf([[...run([1, 2, 3]), { producer: 'gapless.internal.1', seq: 1 }]]);
  expect(await verify(log)).toMatchObject({ ok: true, stored: 3 });
});

it('adds up what was found in two logs', async () => {
  const [good, bad] = [await verify(logOf([run([1, 2, 3])])), await verify(logOf([run([1, 3])]))];
  expect(bothVerdicts(good, bad)).toMatchObject({ ok: false, stored: 5, acknowledged: 6, missing: 1 });
});

it('finds a damaged entry and what is missing with it', async () => {
  expect(await verify(logOf([run([1, 2, 3])], true))).toMatchObject({ ok: false, damaged: 1, missing: 3 });
});

it('lets others have events in the log where it is told to', async () => {
  const log = logOf([run([1, 2, 3]), run([1], 'somebody-else')]);
  const verdict = await new LogVerifier([{ events: plan, tallies: tally(3) }], { others: 'ignored' }).run(log);
  expect(verdict).toMatchObject({ ok: true, stored: 3, foreign: 0 });
});

it('verifies several loads: producers of their own, and one that went on with its numbers', async () => {
  const other = { producer: 'more-1', connection: 1, sent: 2, acknowledged: 2 };
  const log = logOf([run([1, 2]), [1, 2].map((seq) => ({ producer: 'more-1', seq, of: 1 })), run([3, 4])]);
  const sent = [
    { events: plan, tallies: tally(2) },
    { events: plan, tallies: [other] },
    { events: plan, tallies: tally(4) },
  ];
  expect(await new LogVerifier(sent).run(log)).toMatchObject({ ok: true, stored: 6, acknowledged: 6 });
  const short = logOf([run([1, 2, 3])]);
  expect(await new LogVerifier(sent).run(short)).toMatchObject({ ok: false, missing: 3 });
});
