/** Turns by what was served lately. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FairQueue, SERVED_NOTHING } from '../../../server/ingest/fair-queue.ts';

const source = (name: string, size = 1) => ({ name, size, had: 0, served: SERVED_NOTHING });
type Source = ReturnType<typeof source>;

/** The next one has its turn, and waits again. */
function turn(queue: FairQueue<Source>): Source {
  const next = queue.pop()!;
  next.had += next.size;
  queue.charge(next, next.size);
  return next;
}

it('serves who came first among those that had nothing', () => {
  const queue = new FairQueue<Source>();
  for (const name of ['a', 'b', 'c']) queue.push(source(name));
  expect(['a', 'b', 'c'].map(() => queue.pop()!.name)).toEqual(['a', 'b', 'c']);
  expect(queue.pop()).toBeUndefined();
});

it('a light one waits for nobody, however many have more waiting', () => {
  const queue = new FairQueue<Source>();
  for (let i = 0; i < 500; i++) queue.push(source(`heavy ${i}`, 16_000));
  const light = source('light', 200);
  let heavies = 0;
  for (let n = 0; n < 20_000; n++) {
    // It sends a little ten times in a round of the others, and is the next.
    const sends = n >= 500 && n % 50 === 0;
    if (sends) queue.push(light);
    const next = turn(queue);
    if (sends) expect(next).toBe(light);
    else queue.push(next);
    heavies += Number(next !== light);
  }
  expect(heavies).toBeGreaterThan(19_000);
});

it('a heavy one has its turn although light ones never stop', () => {
  const queue = new FairQueue<Source>();
  const heavy = source('heavy', 256 * 1024);
  queue.push(heavy);
  turn(queue);
  queue.push(heavy);
  for (let i = 0; i < 4; i++) queue.push(source(`light ${i}`, 10_000));
  let turns = 0;
  for (let next = turn(queue); next !== heavy; next = turn(queue)) {
    queue.push(next);
    turns++;
  }
  expect(turns).toBeLessThan(200);
});

it('property: those that always wait have the same in the long run, whatever they have at a time', () => {
  const sizes = fc.array(fc.integer({ min: 1_000, max: 16_000 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(sizes, (sizes) => {
      const queue = new FairQueue<Source>();
      const all = sizes.map((size) => source('', size));
      for (const one of all) queue.push(one);
      for (let n = 0; n < 2_000; n++) queue.push(turn(queue));
      const had = all.map((one) => one.had);
      expect(Math.max(...had) - Math.min(...had)).toBeLessThanOrEqual(2 * Math.max(...sizes));
    }),
    { numRuns: 50 },
  );
});
