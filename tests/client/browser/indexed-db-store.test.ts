/** The contract of outbox stores on the one in IndexedDB, whose calls are made in a page. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OutboxStore } from '../../../client/types.ts';
import { outboxStoreContract } from '../../contract/outbox-store.ts';
import { describeInBrowser } from '../../helpers/browser.ts';
import { World } from './world.ts';

declare global {
  interface Window {
    stores: OutboxStore[];
  }
}

describeInBrowser('IndexedDB', () => {
  let world: World;
  let page: Page;
  let places = 0;

  beforeAll(async () => {
    world = await World.start({ server: false });
    page = await world.page(await world.newProfile());
  });
  afterAll(() => world?.stop());
  beforeEach(async () => {
    await page.evaluate(() => {
      window.stores ??= [];
    });
  });

  /** A store in the page. */
  function open(name: string): OutboxStore {
    const index = page.evaluate((name) => window.stores.push(window.sdk.indexedDbStore(name)) - 1, name);
    const call = async (method: keyof OutboxStore, ...args: unknown[]) =>
      page.evaluate(
        async ([index, method, args]) => {
          const found = await (window.stores[index]![method] as (...args: unknown[]) => unknown)(...args);
          // playwright-core would bring undefined back as a value.
          return found === undefined ? undefined : JSON.parse(JSON.stringify(found));
        },
        [await index, method, args] as const,
      );
    return {
      load: () => call('load'),
      saveIdentity: (identity) => call('saveIdentity', identity),
      append: (entries) => call('append', entries),
      drop: (seq, count) => call('drop', seq, count),
      settle: (done) => call('settle', done),
      renumber: (identity, done) => call('renumber', identity, done),
      close: () => call('close'),
    };
  }

  const newPlace = () => {
    const name = `place-${++places}`;
    return { open: () => open(name) };
  };
  outboxStoreContract('one store at a time', newPlace, 10);

  test('of two open at once each has an outbox of its own, and the first free one is taken again', async () => {
    const place = newPlace();
    const [one, two] = [place.open(), place.open()];
    await one.load();
    await two.load();
    await one.append([{ seq: 1, event: { n: 1 } }]);
    await two.append([{ seq: 1, event: { n: 2 } }]);
    await one.close();
    const again = place.open();
    expect(await again.load()).toMatchObject({ nextSeq: 2, entries: [{ seq: 1, event: { n: 1 } }] });
    await two.close();
    await again.close();
  });

  test('what was spilled is added where it is missing, and only under its epoch', async () => {
    const spill = (name: string, ...seqs: number[]) =>
      page.evaluate(
        async ([name, seqs]) => {
          const store = window.sdk.indexedDbStore(name);
          await store.load();
          store.spill!(seqs.map((seq) => ({ seq, event: { spilled: seq } })));
          await store.close();
        },
        [name, seqs] as const,
      );
    const name = `place-${++places}`;
    const first = open(name);
    await first.load();
    await first.saveIdentity({ producer: 'p', epoch: 1, attempt: 1 });
    await first.append([1, 2].map((seq) => ({ seq, event: { kept: seq } })));
    await first.close();
    await spill(name, 2, 3, 4);
    const second = open(name);
    const kept = [1, 2].map((seq) => ({ seq, event: { kept: seq } }));
    const spilled = [3, 4].map((seq) => ({ seq, event: { spilled: seq } }));
    expect(await second.load()).toMatchObject({ nextSeq: 5, entries: [...kept, ...spilled] });
    await second.close();
    await spill(name, 5);
    const third = open(name);
    expect(await third.load()).toMatchObject({ nextSeq: 6 });
    // It is in the database now, and not spilled any more.
    await third.settle(5);
    await third.close();
    await spill(name, 6);
    const key = `gapless:${name}:1`;
    await page.evaluate((key) => {
      const spilled = JSON.parse(localStorage.getItem(key)!);
      localStorage.setItem(key, JSON.stringify({ ...spilled, epoch: 9 }));
    }, key);
    const fourth = open(name);
    expect(await fourth.load()).toMatchObject({ done: 5, nextSeq: 6, entries: [] });
    expect(await page.evaluate((key) => localStorage.getItem(key), key)).toBeNull();
    await fourth.close();
  });

  test('what a page spilled that never had an outbox is added to the next one that is opened', async () => {
    const name = `place-${++places}`;
    const first = open(name);
    await first.load();
    await first.append([{ seq: 1, event: { kept: 1 } }]);
    await first.close();
    await page.evaluate((name) => {
      for (const n of [1, 2]) window.sdk.indexedDbStore(name).spill!([{ seq: 1, event: { never: n } }]);
    }, name);
    const second = open(name);
    const { entries } = await second.load();
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(entries.map(({ event }) => event)).toEqual(
      expect.arrayContaining([{ kept: 1 }, { never: 1 }, { never: 2 }]),
    );
    await second.close();
    expect(await open(name).load()).toMatchObject({ nextSeq: 4 });
  });

  test('what was spilled and then dropped is not added again', async () => {
    const name = `place-${++places}`;
    const event = (n: number) => ({ n });
    await page.evaluate(async (name) => {
      const store = window.sdk.indexedDbStore(name);
      await store.load();
      const entries = [1, 2].map((seq) => ({ seq, event: { n: seq } }));
      store.spill!(entries);
      await store.append(entries);
      await store.drop(1, 1);
      await store.close();
    }, name);
    expect(await open(name).load()).toMatchObject({ nextSeq: 2, entries: [{ seq: 1, event: event(2) }] });
  });
});
