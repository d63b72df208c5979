/** The SDK in Chromium against a real server: whatever happens to a page, the log holds each of its events once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeInBrowser, startBrowser } from '../../helpers/browser.ts';
import { until } from '../../helpers/redis-server.ts';
import { kept, type Listener, names, play, settled, World } from './world.ts';

describeInBrowser('pages', () => {
  let world: World;
  let profile: BrowserContext;
  let listener: Listener;
  let users = 0;
  /** To another page of the same origin: the old one gets the time to end in order, which a closed one may not get from a busy browser. */
  const leave = (page: Page) => world.goto(page);

  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.stop());
  beforeEach(async () => {
    profile = await world.newProfile();
    listener = { user: `user-${++users}` };
  });
  afterEach(async () => {
    await profile.close();
    await world.startServer();
  });

  const stored = () => world.stored(listener.user);
  /** Resolves when the log holds so many events of the user. */
  const storedCount = (count: number) => until(async () => (await stored()).length >= count);
  const state = (page: Page, wanted: string) =>
    page.waitForFunction((wanted) => window.client.stats.state === wanted, wanted);
  const producer = (page: Page) => page.evaluate(() => window.client.stats.producer);

  test('a page that is reloaded, while the server is down and while it is up', async () => {
    const tracks = names('t', 90);
    const page = await world.open(profile, listener);
    // At once: it may not even have its outbox yet.
    await play(page, tracks.slice(0, 30));
    await world.reload(page, listener);
    await world.stopServer();
    await play(page, tracks.slice(30, 60));
    await world.reload(page, listener);
    await play(page, tracks.slice(60));
    await world.startServer();
    await settled(page);
    await storedCount(90);
    expect(await stored()).toEqual(tracks);
    expect(await page.evaluate(() => window.errors)).toEqual([]);
  });

  test('a page of another origin that has the SDK from the server', async () => {
    const page = await world.servedPage(profile);
    await world.connect(page, listener);
    await play(page, ['t-1']);
    await settled(page);
    expect(await stored()).toEqual(['t-1']);
    expect(await page.evaluate(() => window.errors)).toEqual([]);
  });

  test('a page that crashes', async () => {
    const tracks = names('t', 20);
    const page = await world.open(profile, { ...listener, socket: 'mute' });
    await play(page, tracks);
    await kept(page, 20);
    const crashed = page.waitForEvent('crash');
    await page.goto('chrome://crash').catch(() => undefined);
    await crashed;
    // Whether it gets the outbox itself or waits for its lock.
    await world.open(profile, listener);
    await storedCount(20);
    expect(await stored()).toEqual(tracks);
  });

  // Two browsers are started one after the other, which a busy machine takes its time for.
  test('a browser that is killed and opened again', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gapless-profile-'));
    const tracks = names('t', 40);
    let browser = await startBrowser(folder);
    const one = await world.open(browser.context, { ...listener, socket: 'deaf' });
    const two = await world.open(browser.context, { ...listener, socket: 'mute' });
    await play(one, tracks.slice(0, 20));
    await play(two, tracks.slice(20));
    await kept(two, 40);
    await browser.kill();
    browser = await startBrowser(folder);
    // The only page: what the second one left is its business too.
    const page = await world.open(browser.context, listener);
    await settled(page);
    await storedCount(40);
    expect(await stored()).toEqual(tracks);
    await browser.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('two pages, and a duplicated one, each with a producer of its own', async () => {
    const one = await world.open(profile, listener);
    await one.evaluate(() => sessionStorage.setItem('whose', 'one'));
    const two = await world.open(profile, listener);
    const [copy] = await Promise.all([
      profile.waitForEvent('page'),
      one.evaluate(() => void window.open(location.href)),
    ]);
    await copy.waitForFunction(() => window.sdk !== undefined);
    expect(await copy.evaluate(() => sessionStorage.getItem('whose'))).toBe('one');
    await world.connect(copy, listener);
    const pages = [one, two, copy];
    await Promise.all(pages.map((page, i) => play(page, names(`p${i}`, 30))));
    await Promise.all(pages.map(settled));
    expect(new Set(await Promise.all(pages.map(producer))).size).toBe(3);
    expect(await stored()).toEqual([...names('p0', 30), ...names('p1', 30), ...names('p2', 30)]);
  });

  test('what a page leaves that does not come back is sent by another that lives', async () => {
    const tracks = names('t', 20);
    const living = await world.open(profile, listener);
    await state(living, 'open');
    const leaving = await world.open(profile, { ...listener, socket: 'mute', beacon: 'lost' });
    const left = await producer(leaving);
    await play(leaving, tracks);
    await kept(leaving, 20);
    await leaving.close();
    // The living one has waited for its lock.
    await storedCount(20);
    expect(await stored()).toEqual(tracks);
    await kept(living, 0);
    // It is used again by the next page, with its producer.
    const next = await world.open(profile, listener);
    await state(next, 'open');
    expect(await producer(next)).toBe(left);
    expect(await living.evaluate(() => window.errors)).toEqual([]);
  });

  test('without a network the client is offline, and it is back as soon as there is one', async () => {
    // No backoff shall help.
    const patient = { ...listener, backoffMs: 1e9 };
    const page = await world.open(profile, patient);
    await state(page, 'open');
    await play(page, names('a', 10));
    await profile.setOffline(true);
    await state(page, 'offline');
    await play(page, names('b', 10));
    expect(await page.evaluate(() => window.client.stats.pending)).toBeGreaterThanOrEqual(10);
    await profile.setOffline(false);
    await settled(page);
    expect(await stored()).toEqual([...names('a', 10), ...names('b', 10)]);
    const states = await page.evaluate(() => window.states);
    expect(states.slice(states.indexOf('offline'))).toEqual(['offline', 'waiting', 'connecting', 'open']);
  });

  test('a server that is started anew', async () => {
    const page = await world.open(profile, listener);
    const tracks = names('t', 300);
    await play(page, tracks.slice(0, 100));
    await storedCount(1);
    const stopped = world.stopServer();
    await play(page, tracks.slice(100, 200));
    await stopped;
    await play(page, tracks.slice(200));
    await world.startServer();
    await settled(page);
    expect(await stored()).toEqual(tracks);
    // The token is asked for each time.
    expect(await page.evaluate(() => window.tokens)).toBeGreaterThan(1);
  });

  test('a page that is left sends by beacon what is left, and resending that stores nothing twice', async () => {
    const tracks = names('t', 50);
    // Never had a connection: all there is goes by beacon.
    const page = await world.open(profile, { ...listener, socket: 'mute' });
    await play(page, tracks);
    await kept(page, 50);
    await leave(page);
    await storedCount(50);
    expect(await stored()).toEqual(tracks);
    const next = await world.open(profile, listener);
    await settled(next);
    expect(await next.evaluate(() => window.client.stats)).toMatchObject({ done: 50, rejected: 0 });
    expect(await stored()).toEqual(tracks);
  });

  test('a page that is closed with events on the wire: socket, beacon and resending store each once', async () => {
    const tracks = names('t', 30);
    const page = await world.open(profile, { ...listener, socket: 'deaf' });
    await state(page, 'open');
    await play(page, tracks);
    await page.close();
    await storedCount(30);
    const next = await world.open(profile, listener);
    await settled(next);
    expect(await stored()).toEqual(tracks);
  });

  test('of more than a beacon holds the first go, the others with the next page', async () => {
    const tracks = names('t', 700);
    const page = await world.open(profile, { ...listener, socket: 'mute' });
    await play(page, tracks, 100);
    await kept(page, 700);
    await leave(page);
    await until(async () => (await stored()).length > 0);
    const byBeacon = await stored();
    expect(byBeacon.length).toBeLessThan(700);
    expect(byBeacon).toEqual(tracks.slice(0, byBeacon.length));
    const next = await world.open(profile, listener);
    await settled(next);
    expect(await stored()).toEqual(tracks);
  });

  test('what is tracked while the page ends is kept and sent', async () => {
    const end = async (prefix: string, socket: Listener['socket'], left: number, beacon?: 'lost') => {
      const page = await world.open(profile, { ...listener, socket, beacon });
      if (socket === 'deaf') await state(page, 'open');
      await page.evaluate((prefix) => {
        const player = window.client.player();
        addEventListener('pagehide', () => void player.pause(`${prefix}-pagehide`));
        document.addEventListener('visibilitychange', () => void player.pause(`${prefix}-visibility`));
        addEventListener('unload', () => void player.pause(`${prefix}-unload`));
      }, prefix);
      await play(page, [`${prefix}-before`]);
      await kept(page, left + 1);
      await leave(page);
    };
    await end('a', 'mute', 0);
    await storedCount(4);
    await end('b', 'deaf', 0);
    await storedCount(8);
    // Nothing gets through: only what was kept in the last moment is left.
    await end('c', 'mute', 4, 'lost');
    await settled(await world.open(profile, listener));
    const all = ['before', 'pagehide', 'unload', 'visibility'];
    await storedCount(12);
    expect(await stored()).toEqual(['a', 'b', 'c'].flatMap((prefix) => all.map((name) => `${prefix}-${name}`)));
  });

  test('a page that comes out of the back/forward cache connects anew', async () => {
    const page = await world.open(profile, { ...listener, backoffMs: 1e9 });
    await state(page, 'open');
    await page.evaluate(() => {
      dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    });
    await page.waitForFunction(() => window.client.stats.reconnects === 1 && window.client.stats.state === 'open');
    await play(page, names('t', 3));
    await settled(page);
    expect(await stored()).toEqual(names('t', 3));
  });

  test('a full disk ends the client: what is not kept is not sent', async () => {
    const page = await world.page(profile);
    const session = await profile.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: world.origin, quotaSize: 1 });
    await world.connect(page, listener);
    await play(page, names('t', 3));
    await state(page, 'failed');
    expect(await page.evaluate(() => window.errors)).toEqual(['store_failed']);
    expect(await stored()).toEqual([]);
  });

  test('so does an outbox that is deleted', async () => {
    const page = await world.open(profile, listener);
    await state(page, 'open');
    await page.evaluate(async () => {
      const [database] = await indexedDB.databases();
      await new Promise((resolve) => {
        indexedDB.deleteDatabase(database!.name!).onsuccess = resolve;
      });
    });
    await play(page, names('t', 3));
    await state(page, 'failed');
    expect(await page.evaluate(() => window.errors)).toEqual(['store_failed']);
    expect(await stored()).toEqual([]);
  });

  test('a page that cannot keep an outbox is told so and sends all the same', async () => {
    await profile.addInitScript(() => {
      delete (Navigator.prototype as { locks?: unknown }).locks;
    });
    const page = await world.open(profile, listener);
    await play(page, names('t', 3));
    await settled(page);
    expect(await page.evaluate(() => window.errors)).toEqual(['store_missing']);
    expect(await stored()).toEqual(names('t', 3));
  });
});
