/** What every outbox store owes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutboxEntry, OutboxStore } from '../../client/types.ts';

/** A store's place, empty at first. What it opens after a close stands for a restart. */
export interface OutboxPlace {
  open(): OutboxStore;
}

const identity = (attempt: number, epoch = 1) => ({ producer: 'p', epoch, attempt, context: { user_id: 'u' } });
const entries = (first: number, ...values: (number | null)[]): OutboxEntry[] =>
  values.map((n, i) => ({ seq: first + i, event: n === null ? null : { n } }));

export function outboxStoreContract(name: string, newPlace: () => OutboxPlace, numRuns = 40): void {
  describe(name, () => {
    test('a new one is empty', async () => {
      const store = newPlace().open();
      expect(await store.load()).toEqual({ done: 0, nextSeq: 1, entries: [] });
      await store.close();
    });

    test('keeps identity, events and numbers over a restart', async () => {
      const place = newPlace();
      let store = place.open();
      await store.load();
      await store.saveIdentity(identity(1));
      await store.append(entries(1, 10, 20, 30));
      await store.settle(1);
      await store.saveIdentity(identity(2));
      await store.append(entries(4, 40));
      await store.append(entries(3, null));
      await store.close();

      store = place.open();
      expect(await store.load()).toEqual({ ...identity(2), done: 1, nextSeq: 5, entries: entries(2, 20, null, 40) });
      await store.settle(4);
      await store.close();

      store = place.open();
      expect(await store.load()).toEqual({ ...identity(2), done: 4, nextSeq: 5, entries: [] });
      await store.append(entries(5, 50));
      await store.drop(5, 1);
      await store.append(entries(5, 60, 70, 80));
      await store.drop(5, 2);
      await store.close();

      store = place.open();
      expect(await store.load()).toMatchObject({ done: 4, nextSeq: 6, entries: entries(5, 80) });
      await store.close();
    });

    test('renumber forgets what is settled and numbers the rest from 1', async () => {
      const place = newPlace();
      let store = place.open();
      await store.load();
      await store.append(entries(1, 10, 20, 30));
      await store.renumber(identity(3, 9), 1);
      await store.append(entries(3, 40));
      await store.close();
      store = place.open();
      expect(await store.load()).toEqual({ ...identity(3, 9), done: 0, nextSeq: 4, entries: entries(1, 20, 30, 40) });
      await store.close();
    });

    test('any history is the same after a restart', async () => {
      const change = fc.oneof(
        fc.record({ op: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
        fc.record({ op: fc.constant('settle' as const), count: fc.nat(5) }),
        fc.record({ op: fc.constant('drop' as const), at: fc.nat(5), count: fc.integer({ min: 1, max: 3 }) }),
        fc.record({ op: fc.constant('blank' as const), at: fc.nat(5) }),
        fc.record({ op: fc.constant('renumber' as const) }),
        fc.record({ op: fc.constant('restart' as const) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 30 }), async (changes) => {
          const place = newPlace();
          let store = place.open();
          await store.load();
          let done = 0;
          let kept: (number | null)[] = [];
          let made = 0;
          for (const step of changes) {
            switch (step.op) {
              case 'append': {
                const added = Array.from({ length: step.count }, () => ++made);
                await store.append(entries(done + kept.length + 1, ...added));
                kept.push(...added);
                break;
              }
              case 'settle': {
                const count = Math.min(step.count, kept.length);
                kept.splice(0, count);
                done += count;
                await store.settle(done);
                break;
              }
              case 'drop':
                if (step.at + step.count > kept.length) break;
                kept.splice(step.at, step.count);
                await store.drop(done + step.at + 1, step.count);
                break;
              case 'blank':
                if (step.at >= kept.length) break;
                kept[step.at] = null;
                await store.append(entries(done + step.at + 1, null));
                break;
              case 'renumber':
                await store.renumber(identity(1, made + 1), done);
                done = 0;
                break;
              case 'restart': {
                await store.close();
                store = place.open();
                const found = await store.load();
                expect(found).toMatchObject({ done, nextSeq: done + kept.length + 1 });
                expect(found.entries).toEqual(entries(done + 1, ...kept));
                kept = found.entries.map(({ event }) => (event ? (event.n as number) : null));
              }
            }
          }
          await store.close();
        }),
        { numRuns },
      );
    });
  });
}
