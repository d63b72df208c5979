/** What holds for the player in a browser, on whatever engine the server stores. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { FLOOD } from '../../client/pages/player/flood.ts';
import { until } from '../helpers/redis-server.ts';
import { LOOK_MS, type PlayerPage, poll } from './player-page.ts';
import { type Engine, PlayerWorld } from './player-world.ts';

export function playerSuite(engine: Engine): void {
  let world: PlayerWorld;
  let player: PlayerPage;
  beforeAll(async () => {
    world = await PlayerWorld.start(engine);
  }, 60_000);
  afterAll(() => world?.stop());
  beforeEach(async () => {
    player = await world.open(await world.newProfile());
    await player.link('live');
  });
  afterEach(async ({ task }) => {
    const failed = task.result?.state === 'fail' ? '-failed' : '';
    const [name = ''] = /^\S+ \S+/.exec(task.name) ?? [];
    if (!player.page.isClosed()) await player.picture(`player-${engine}-${name.replace(' ', '-')}${failed}`);
    await player.page.context().close();
    expect(world.faults.splice(0)).toEqual([]);
  });

  it('changes its recommendations after a skip, and knows of it', async () => {
    const { page } = player;
    await page.getByRole('region', { name: 'Shelf' }).getByRole('button').first().click();
    const known = page.getByRole('region', { name: 'What is known of you' });
    const feature = (name: string) =>
      known.locator('div', { has: page.getByText(name, { exact: true }) }).locator('dd');
    await poll(() => feature('Plays').innerText()).toBe('1');
    for (const skips of ['1', '2']) {
      const before = await player.list();
      await player.press('Skip');
      await poll(async () => (await player.list()).id).not.toBe(before.id);
      await poll(async () => (await player.list()).tracks).not.toEqual(before.tracks);
      await poll(() => feature('Left before 30 s').innerText()).toBe(skips);
    }
    // What was skipped does not come again.
    const skipped = (await player.sent()).filter(({ action }) => action === 'skip').map(({ title }) => title);
    expect(skipped).toHaveLength(2);
    expect((await player.list()).tracks.filter((title) => skipped.includes(title))).toEqual([]);
  });

  it('shows credit at work, and what is wrong with a mistake', async () => {
    world.server.pause();
    await player.press(`Flood: ${FLOOD.toLocaleString('en')} events`);
    // The server has answered nothing: all is kept here, and no more is under way than it granted.
    await player.figure('pending', (value) => value === FLOOD);
    const window = await player.figure('window', (value) => value > 0);
    expect(await player.figure('inflight', () => true)).toBeLessThanOrEqual(window);
    world.server.resume();
    await player.settled();
    expect(await player.figure('stored', () => true)).toBe(FLOOD);
    // The window grew while it was used up.
    expect(await player.figure('window', () => true)).toBeGreaterThan(window);

    await player.press('Send a mistake');
    await expect
      .poll(async () => (await player.sent())[0])
      .toMatchObject({
        action: 'dance',
        outcome: expect.stringContaining('rejected: invalid_field in action'),
      });
    await player.figure('rejected', (value) => value === 1);
    const positions = (await world.stored(await player.user())).map(({ position_ms }) => position_ms);
    expect(positions).toEqual(Array.from({ length: FLOOD }, (_, i) => i));
  });

  it('brings every click into the log once: offline, over a reload, a killed server, a closed tab', async () => {
    const { page } = player;
    const profile = page.context();
    const user = await player.user();
    const { clicked } = player;
    await player.press('Play');
    await player.press('Like');
    await player.press('Skip', 2);

    await player.press('Offline');
    await player.link('offline');
    await player.press('Skip', 3);
    await player.press('Dislike');
    await player.figure('pending', (value) => value >= 7);
    await player.note();
    await player.press('Reload');
    // Nothing of it is lost, and the page that comes has a network.
    await player.link('live');
    await player.settled();

    await player.press('Play');
    await player.press('Skip');
    await world.server.kill();
    await player.link('disconnected');
    await player.press('Skip', 2);
    await player.press('Like');
    await world.server.start();
    await player.link('live');
    await player.press('Skip');
    await player.settled();
    await player.note();

    world.server.pause();
    await player.press('Skip', 4);
    await player.note();
    await page.close();
    world.server.resume();
    await until(async () => (await world.stored(user)).length >= clicked.length, LOOK_MS);

    player = await world.open(profile);
    await player.link('live');
    await player.settled();
    expect(await player.user()).toBe(user);
    const stored = (await world.stored(user)).map(({ action, track_id, timestamp }) => ({
      ...{ action: action as string, track: track_id as string, at: timestamp as number },
    }));
    expect(stored).toEqual(clicked);
    expect(clicked.map(({ action }) => action).filter((action) => action === 'skip')).toHaveLength(13);
  }, 120_000);
}
