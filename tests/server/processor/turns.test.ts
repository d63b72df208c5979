import { expect, test } from 'vitest';
import { Turns } from '../../../server/processor/turns.ts';

/** Work that is under way until it is told to end. */
function slow(name: string, log: string[]) {
  let end = (): void => {};
  const gate = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async (): Promise<string> => {
    log.push(`${name} begins`);
    await gate;
    log.push(`${name} ends`);
    return name;
  };
  return { work, end };
}

test('work is done at once where nobody is at it', () => {
  const turns = new Turns();
  const log: string[] = [];
  for (const name of ['a', 'b']) expect(turns.take(() => void log.push(name))).toBeUndefined();
  expect(log).toEqual(['a', 'b']);
});

test('work waits for what is under way, in order, and gets its answer', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const first = slow('first', log);
  const second = slow('second', log);
  const results = [turns.take(first.work), turns.take(second.work), turns.take(() => void log.push('third'))];
  expect(log).toEqual(['first begins']);
  second.end();
  first.end();
  expect(await Promise.all(results)).toEqual(['first', 'second', undefined]);
  expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends', 'third']);
  await new Promise(setImmediate);
  expect(turns.take(() => void log.push('fourth'))).toBeUndefined();
});

test('what comes while work runs waits until it is through', async () => {
  const turns = new Turns();
  const log: string[] = [];
  let nested: unknown;
  turns.take((): undefined => {
    nested = turns.take(() => void log.push('nested'));
    log.push('outer');
  });
  await nested;
  expect(log).toEqual(['outer', 'nested']);
});

test('work that fails is the failure of whoever brought it, and of nobody else', async () => {
  const turns = new Turns();
  const fail = () => {
    throw new Error('as asked');
  };
  expect(() => turns.take(fail)).toThrow('as asked');
  const failing = turns.take(async () => fail());
  const after = turns.take(async () => 'well');
  await expect(failing).rejects.toThrow('as asked');
  expect(await after).toBe('well');
});
