/** Random actions against a log and the model of `log-model.ts`: every answer and everything that stands must agree. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STREAMS, type Stream } from '../../format/model.ts';
import { decodeRecord, EMPTY_RECORD } from '../../format/record.ts';
import type { AppendBatch, AppendResult } from '../../server/log/port.ts';
import type { LogOptions, LogUnderTest } from './event-log.ts';
import { keyOf, makeBatch, readAll, type UnitDraft } from './log-fixtures.ts';
import { comparable, LogModel } from './log-model.ts';

type Open = (changes?: Partial<LogOptions>) => Promise<LogUnderTest>;
const PARTITIONS = 2;
const PRODUCERS = ['p', 'q', 'r'];

/** How a unit relates to what its producer has settled. Most fit. */
type Fit = 'next' | 'hole' | 'again' | 'partly' | 'missing';
interface UnitPlan {
  producer: string;
  fit: Fit;
  count: number;
  /** Bit i set: number i of the unit is dead, withdrawn, or has an id. */
  dead: number;
  withdrawn: number;
  idBits: number;
  idBase: number;
}
type Action =
  | { do: 'append'; partition: number; units: UnitPlan[] }
  | { do: 'repeat' }
  | { do: 'read'; stream: Stream; partition: number; at: number; maxBytes: number }
  | { do: 'trim'; stream: Stream; age: number; keep: number | null }
  | { do: 'reopen' };

const partition = fc.nat(PARTITIONS - 1);
const stream = fc.constantFrom(...STREAMS);
const unit: fc.Arbitrary<UnitPlan> = fc.record({
  producer: fc.constantFrom(...PRODUCERS),
  fit: fc.oneof(
    { weight: 8, arbitrary: fc.constant<Fit>('next') },
    { weight: 3, arbitrary: fc.constantFrom<Fit>('hole', 'again', 'partly', 'missing') },
  ),
  count: fc.integer({ min: 1, max: 6 }),
  dead: fc.constantFrom(0, 0, 0, 2, 9, 63),
  withdrawn: fc.constantFrom(0, 0, 0, 1, 5),
  idBits: fc.constantFrom(0, 0, 0, 3, 17),
  idBase: fc.nat(60),
});
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      partition,
      units: fc.array(unit, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      stream,
      partition,
      at: fc.nat(130),
      maxBytes: fc.nat(3000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('trim' as const), stream, age: fc.nat(100), keep: fc.option(fc.nat(100)) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
);

export function runEventLogProperty(open: Open, runs: number): void {
  test(`property: ${runs} runs of random actions agree with the model`, { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60, size: 'max' }), async (actions) => {
        const subject = await open({ partitions: PARTITIONS });
        try {
          const run = new PropertyRun(subject);
          for (const next of actions) await run.step(next);
          await run.compareAll();
        } finally {
          await subject.destroy();
        }
      }),
      { numRuns: runs },
    );
  });
}

class PropertyRun {
  private readonly subject: LogUnderTest;
  private readonly model = new LogModel(PARTITIONS);
  private lastBatch: AppendBatch | null = null;
  /** The entries' clock: one a step. */
  private created = 1000;

  constructor(subject: LogUnderTest) {
    this.subject = subject;
  }

  async step(action: Action): Promise<void> {
    this.created++;
    if (action.do === 'append') return this.append(this.plan(action.partition, action.units));
    if (action.do === 'repeat') return this.lastBatch ? this.append(this.lastBatch) : undefined;
    if (action.do === 'read') return this.read(action);
    if (action.do === 'trim') return this.trim(action);
    if (!this.subject.log.guarantees.restartable) return;
    await this.subject.reopen();
    await this.compareAll();
  }

  private async append(batch: AppendBatch): Promise<void> {
    this.lastBatch = batch;
    const expected = this.model.append(batch, this.created);
    expect(plain(await this.subject.log.append(batch))).toEqual(plain(expected));
  }

  private async read({ stream, partition, at, maxBytes }: Action & { do: 'read' }): Promise<void> {
    const expected = this.model.entriesFrom(stream, partition, at);
    const items = await this.subject.log.read(stream, partition, at, maxBytes);
    expect(items.map(({ last }) => last)).toEqual(expected.slice(0, items.length).map(({ last }) => last));
    const whole = expected.length === items.length;
    const size = expected.slice(0, items.length + 1).reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(whole || (items.length > 0 && size > maxBytes)).toBe(true);
  }

  private async trim({ stream, age, keep }: Action & { do: 'trim' }): Promise<void> {
    const before = this.created - age;
    const keepFrom = keep === null ? undefined : Array.from({ length: PARTITIONS }, (_, i) => keep + i * 7);
    const expected = this.model.trim(stream, before, keepFrom);
    expect(await this.subject.log.trim({ stream, before, keepFrom })).toMatchObject(expected);
  }

  /** Everything that stands: entries, bounds and producers. */
  async compareAll(): Promise<void> {
    const { log } = this.subject;
    const state = await log.state();
    expect(state.events).toEqual(this.model.state('events'));
    expect(state.deadLetters).toEqual(this.model.state('dead-letters'));
    for (const stream of STREAMS) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const items = (await readAll(log, stream, partition)).map(comparable);
        const expected = this.model.entriesFrom(stream, partition, 1);
        expect(items).toEqual(
          expected.map((entry) => ({ ...entry, bytes: Buffer.from(entry.bytes).toString('base64') })),
        );
      }
    }
    const keys = PRODUCERS.map((producer) => keyOf(producer));
    const byPartition = (a: { partition: number }, b: { partition: number }) => a.partition - b.partition;
    const records = await log.producers(keys);
    expect(records.map((list) => [...list].sort(byPartition))).toEqual(
      keys.map((key) =>
        this.model.partitions.flatMap(({ producers }, partition) => {
          const stored = producers.get(key);
          return stored ? [{ ...decodeRecord(stored.record), partition }] : [];
        }),
      ),
    );
  }

  /** Turns plans into a batch, each unit placed by what the model and the earlier units settled. */
  private plan(partition: number, plans: readonly UnitPlan[]): AppendBatch {
    const reached = new Map<string, number>();
    const drafts = plans.map((plan): UnitDraft => {
      const watermark = reached.get(plan.producer) ?? this.model.watermark(partition, keyOf(plan.producer));
      const { first, prev } = place(plan.fit, watermark);
      const numbersOf = (bits: number) =>
        Array.from({ length: plan.count }, (_, i) => first + i).filter((_, i) => bits & (1 << i));
      const ids = Object.fromEntries(numbersOf(plan.idBits).map((seq, i) => [seq, `id-${plan.idBase + i}`]));
      reached.set(plan.producer, Math.max(watermark, first + plan.count - 1));
      const stored = this.model.partitions[partition]!.producers.get(keyOf(plan.producer));
      const old = stored ? decodeRecord(stored.record) : EMPTY_RECORD;
      return {
        producer: plan.producer,
        first,
        prev,
        count: plan.count,
        ids,
        old: first > old.watermark ? old : EMPTY_RECORD,
        dead: numbersOf(plan.dead),
        withdrawn: numbersOf(plan.withdrawn),
      };
    });
    return makeBatch(partition, drafts, { created: this.created });
  }
}

function place(fit: Fit, watermark: number): { first: number; prev: number } {
  if (fit === 'next') return { first: watermark + 1, prev: watermark };
  if (fit === 'hole') return { first: watermark + 3, prev: watermark };
  if (fit === 'again') return { first: Math.max(1, watermark - 3), prev: 0 };
  if (fit === 'partly') return { first: Math.max(1, watermark), prev: Math.max(0, watermark - 1) };
  return { first: watermark + 4, prev: watermark + 2 };
}

/** Results as plain values: bytes of whatever kind as base64. */
function plain(result: AppendResult): unknown {
  if (result.status === 'appended') return result;
  return result.conflicts.map((conflict) => ({
    ...conflict,
    record: conflict.record && Buffer.from(conflict.record).toString('base64'),
  }));
}
