/** The player as a page: its keys, its barriers, its size, its token. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, startBrowser, type TestBrowser } from '../helpers/browser.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { barriers } from './barriers.ts';
import { openPlayer, type PlayerPage, poll } from './player-page.ts';

describeInBrowser('the player page', () => {
  let browser: TestBrowser;
  let server: TestServer;
  let player: PlayerPage;
  const faults: string[] = [];

  beforeAll(async () => {
    [browser, server] = await Promise.all([startBrowser(), startTestServer()]);
    player = await openPlayer(await browser.newContext(), server.http('/player'), faults);
    await player.link('live');
  });
  afterEach(() => expect(faults.splice(0)).toEqual([]));
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('can be played by keyboard alone', async () => {
    const { page } = player;
    const { keyboard } = page;
    const focused = () => page.evaluate(() => document.activeElement!.textContent!.trim());
    const actions = async () => (await player.sent()).map(({ action }) => action).reverse();
    await page.locator('.shelf button').first().waitFor();
    await keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the player');
    await keyboard.press('Enter');
    // Past the position, which has nothing to seek in yet.
    await keyboard.press('Tab');
    expect(await focused()).toContain('Play');
    await keyboard.press('Enter');
    await poll(actions).toEqual(['play']);
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    await keyboard.press('Space');
    await page.getByRole('slider', { name: 'Position' }).focus();
    await keyboard.press('ArrowRight');
    await poll(actions).toEqual(['play', 'skip', 'play', 'like', 'seek']);
    expect(Number((await page.getByRole('slider').getAttribute('aria-valuetext'))?.slice(2, 4))).toBeGreaterThanOrEqual(
      5,
    );
    await player.settled();
  });

  it('says what it is offered, and that it is made up', async () => {
    const note = player.page.getByRole('region', { name: 'Now playing' }).locator('.note');
    expect(await note.innerText()).toBe('nothing sounds; artists and titles are made up');
    expect(await player.page.locator('.shelf .track').count()).toBe(48);
  });

  it('is somebody else on request', async () => {
    const user = await player.user();
    await player.press('Be somebody else');
    await poll(() => player.user()).not.toBe(user);
    await player.link('live');
    await player.press('Play');
    await player.settled();
  });

  it('has no barriers, in light, in dark and on a phone', async () => {
    const { page } = player;
    await player.press('Send a mistake');
    await player.settled();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await poll(() => page.locator('html').getAttribute('data-theme')).toBe(colorScheme);
      expect(await barriers(page)).toEqual([]);
      await player.picture(`player-${colorScheme}`);
    }
    await player.press('Offline');
    await player.link('offline');
    await player.press('Skip');
    expect(await barriers(page)).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await barriers(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await player.picture('player-phone');
    await player.press('Offline');
    await player.link('live');
    await player.settled();
  });

  it('asks for a token where the server does', async () => {
    const token = 'a-token-of-this-test-0123456789';
    const guarded = await startTestServer({ GAPLESS_TOKEN: token });
    try {
      const asked = await openPlayer(await browser.newContext(), guarded.http('/player'), faults);
      await asked.link('token');
      expect(await barriers(asked.page)).toEqual([]);
      await asked.page.getByRole('textbox', { name: 'Token' }).fill(token);
      await asked.press('Connect');
      await asked.link('live');
      await asked.press('Play');
      await asked.figure('stored', (value) => value === 1);
      await asked.page.context().close();
    } finally {
      await guarded.stop();
    }
  });
});
