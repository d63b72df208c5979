/** The dashboard in Chromium, against a real server that events come to, that is stopped, and that comes back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connect, type GaplessClient } from '../../client/node.ts';
import { bytes, count, whole } from '../../client/pages/shared/format.ts';
import { describeInBrowser, startBrowser, type TestBrowser } from '../helpers/browser.ts';
import { freePort } from '../helpers/redis-server.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { keepPicture } from './artefacts.ts';
import { barriers } from './barriers.ts';

const WAIT_MS = 20_000;
/** Tests wait on what the page shows. */
const poll = (read: () => unknown) => expect.poll(read, { timeout: WAIT_MS, interval: 50 });

describeInBrowser('the dashboard', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gapless-dashboard-'));
  let env: Record<string, string>;
  let browser: TestBrowser;
  let server: TestServer;
  let sender: GaplessClient;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    // Not 0: a listener of the system's choice leaves a port that nobody can listen on for a while.
    env = { GAPLESS_DATA_DIR: dataDir, GAPLESS_PORT: String(await freePort()) };
    [browser, server] = await Promise.all([startBrowser(), startTestServer(env)]);
    sender = connect({ url: server.url, context: { session_id: 's-1' } });
    page = await openPage(server.http('/'));
  });
  afterEach(() => expect(faults.splice(0)).toEqual([]));
  afterAll(async () => {
    await sender?.close();
    await browser?.close();
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** What its console or its policy complains of is a fault of the test that runs. */
  async function openPage(url: string): Promise<Page> {
    const opened = await (await browser.newContext()).newPage();
    opened.setDefaultTimeout(WAIT_MS);
    opened.on('pageerror', (error) => faults.push(error.message));
    opened.on('console', (message) => {
      // Chromium itself writes this line for a server that is not there.
      const isOutage = /^WebSocket connection to .* failed/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !isOutage) faults.push(message.text());
    });
    await opened.goto(url);
    return opened;
  }

  async function send(events: readonly Record<string, unknown>[]): Promise<void> {
    for (const event of events) sender.push({ type: 'user_interaction', timestamp: Date.now(), ...event });
    await sender.flush();
  }
  const play = (user: number) => ({ action: 'play', user_id: `u-${user}`, track_id: `t-${user % 3}` });
  const skip = (user: number) => ({ ...play(user), action: 'skip' });

  const link = () => page.locator('.link').innerText();
  const tile = (label: string) => page.locator('.tile', { has: page.getByText(label, { exact: true }) });
  const panel = (name: string) => page.getByRole('region', { name, exact: true });
  const rows = () => panel('Events').locator('tbody tr');
  const cells = (all: Locator, column: number) => all.locator(`td:nth-child(${column})`).allInnerTexts();

  const applied = () => cells(panel('Partitions').locator('tbody tr'), 2);

  it('says what to do where nothing has come yet', async () => {
    await poll(link).toContain('Live');
    const command = `npx gapless simulate --rate 200 --duration 5m --url ${server.url}`;
    expect(await panel('Events by action').innerText()).toMatch(/No events yet/);
    expect(await panel('Events by action').innerText()).toContain(command);
    expect(await panel('Events').innerText()).toContain(command);
    expect(await panel('Top tracks').innerText()).toContain('No plays yet');
    expect(await panel('Rejected by code').innerText()).toContain('Nothing was rejected');
    expect(await barriers(page)).toEqual([]);
  });

  it('agrees with /metrics', async () => {
    const good = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? skip(i % 20) : play(i % 20)));
    await send([...good, { ...play(1), action: 'dance' }, { ...play(1), position_ms: -1 }, { ...play(2), extra: 1 }]);
    await poll(() => server.metric('gapless_events_accepted_total')).toBe(60);

    const note = (name: string) => panel(name).locator('.note').first().innerText();
    await poll(() => note('Live tail')).toBe('60 events since the page was opened');
    await poll(() => note('Dead letters')).toBe('3 events rejected since the page was opened');
    await poll(async () => cells(panel('Rejected by code').locator('tbody tr'), 3)).toEqual(['2', '1']);
    for (const code of await panel('Rejected by code').locator('tbody th').allInnerTexts()) {
      const total = await panel('Rejected by code').locator('tr', { hasText: code }).locator('td').last().innerText();
      expect(Number(total)).toBe(await server.metric(`gapless_events_rejected_total{code="${code}"}`));
    }

    await poll(() => tile('Consumer lag').locator('.value').innerText()).toBe('0');
    await poll(async () => (await applied()).reduce((sum, position) => sum + Number(position), 0)).toBe(60);
    for (const [partition, position] of (await applied()).entries()) {
      const metric = await server.metric(`gapless_processor_applied_position{partition="${partition}"}`);
      expect(position).toBe(whole(metric));
    }

    const kinds = await Promise.all(
      ['publishers', 'subscribers'].map((kind) => server.metric(`gapless_connections{kind="${kind}"}`)),
    );
    expect(await tile('Connections').innerText()).toContain(`${kinds[0]} publish, ${kinds[1]} read`);
    expect(await tile('Completeness gap').locator('.value').innerText()).toBe(
      count(await server.metric('gapless_ledger_gap')),
    );
    await poll(async () =>
      (await tile('Outstanding').innerText()).includes(bytes(await server.metric('gapless_credit_budget_bytes'))),
    ).toBe(true);
    await poll(() => panel('Top tracks').locator('li').count()).toBe(3);
    expect(await panel('Engine').innerText()).toContain('embedded');
  });

  it('shows dead letters with their reasons', async () => {
    const letter = panel('Dead letters').locator('li', { hasText: 'unknown_field' }).first();
    await letter.locator('summary').click();
    expect(await letter.innerText()).toMatch(/unknown_field in extra[\s\S]*"extra": 1/);
  });

  it('draws what it tells', async () => {
    const events = panel('Events by action');
    await events.getByText('Numbers', { exact: false }).first().click();
    const plays = async () => (await cells(events.locator('tbody tr'), 2)).map(Number);
    await poll(async () => Math.max(...(await plays()))).toBeGreaterThan(0);
    const isDrawn = await events.locator('canvas').evaluate((canvas: unknown) => {
      const { width, height, getContext } = canvas as {
        width: number;
        height: number;
        getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } };
      };
      const { data } = getContext.call(canvas, '2d').getImageData(0, 0, width, height);
      return data.some((value) => value !== 0);
    });
    expect(isDrawn).toBe(true);
    await events.locator('summary').click();
  });

  it('filters the tail on the server', async () => {
    const input = page.getByRole('searchbox');
    await input.fill('user_id:u-3');
    await poll(() => rows().count()).toBe(0);
    await panel('Live tail').getByRole('button', { name: 'skip' }).click();
    expect(await input.inputValue()).toBe('action:skip user_id:u-3');
    await poll(() => panel('Live tail').innerText()).toContain('events of action:skip user_id:u-3');
    await send([play(3), skip(4), skip(3), play(4), skip(3)]);
    await poll(() => rows().count()).toBe(2);
    expect([await cells(rows(), 2), await cells(rows(), 3)]).toEqual([
      ['skip', 'skip'],
      ['u-3', 'u-3'],
    ]);
    await input.fill('colour:red');
    await poll(() => panel('Live tail').innerText()).toContain('There is no field colour.');
    expect(await input.getAttribute('aria-invalid')).toBe('true');
    await input.fill('');
    await poll(() => panel('Events').innerText()).toContain('No events since this page was opened');
  });

  it('stands still while paused, by keyboard, and loses nothing of it', async () => {
    const button = page.getByRole('button', { name: 'Pause the page' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Resume the page' }).waitFor();
    const before = await panel('Partitions').innerText();
    await send(Array.from({ length: 8 }, (_, i) => play(i)));
    await poll(() => server.metric('gapless_events_accepted_total')).toBe(73);
    // Another page has been told meanwhile, this one shows what it showed.
    const other = await openPage(server.http('/'));
    await expect.poll(() => other.locator('.partitions').innerText(), { timeout: WAIT_MS }).not.toBe(before);
    expect(await panel('Partitions').innerText()).toBe(before);
    await other.context().close();
    await page.keyboard.press('Enter');
    await poll(() => rows().count()).toBe(8);
    await poll(() => panel('Partitions').innerText()).not.toBe(before);
  });

  it('says that it is disconnected, and goes on when the server is back', async () => {
    await server.stop();
    await poll(link).toContain('Disconnected for');
    expect(await page.locator('.detail').innerText()).toContain('What you see is from before');
    expect(await page.locator('main').getAttribute('class')).toBe('old');
    server = await startTestServer(env);
    await poll(link).toContain('Live');
    await send([skip(1)]);
    await poll(() => rows().first().innerText()).toContain('skip');
    expect(await panel('Events').innerText()).not.toContain('▲');
  });

  it('has no barriers, in light, in dark and on a phone', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await poll(() => page.locator('html').getAttribute('data-theme')).toBe(colorScheme);
      expect(await barriers(page)).toEqual([]);
      await keepPicture(page, `dashboard-${colorScheme}`);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await barriers(page)).toEqual([]);
    await keepPicture(page, 'dashboard-phone');
    const width = await page.locator('html').evaluate((html) => (html as { scrollWidth: number }).scrollWidth);
    expect(width).toBeLessThanOrEqual(360);
  });

  it('runs no script and asks no server that is not its own', async () => {
    const broken = await page.evaluate(`new Promise((resolve) => {
      const directives = new Set();
      document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => {
        directives.add(violatedDirective);
        if (directives.has('img-src') && directives.has('connect-src')) resolve([...directives].sort());
      });
      const image = document.createElement('img');
      image.src = 'https://example.invalid/pixel.png';
      document.body.append(image);
      fetch('https://example.invalid/').catch(() => {});
      try {
        document.createElement('button').setAttribute('onclick', 'document.title = "hijacked"');
      } catch {
        directives.add('trusted types');
      }
    })`);
    expect(broken).toEqual(['connect-src', 'img-src', 'require-trusted-types-for', 'trusted types']);
    faults.length = 0;
  });

  it('asks for a token where the server does, and keeps it in the tab', async () => {
    const guarded = await startTestServer({ GAPLESS_TOKEN: 'a-token-of-this-test-0123456789' });
    try {
      const asked = await openPage(guarded.http('/'));
      const input = asked.getByRole('textbox', { name: 'Token' });
      await input.fill('wrong');
      await asked.getByRole('button', { name: 'Connect' }).click();
      await asked.getByText('The token was not taken').waitFor();
      expect(await barriers(asked)).toEqual([]);
      await input.fill('a-token-of-this-test-0123456789');
      await asked.getByRole('button', { name: 'Connect' }).click();
      await expect.poll(() => asked.locator('.link').innerText(), { timeout: WAIT_MS }).toContain('Live');
      expect(asked.url()).toBe(guarded.http('/'));
      await asked.reload();
      await expect.poll(() => asked.locator('.link').innerText(), { timeout: WAIT_MS }).toContain('Live');
      await asked.close();
    } finally {
      await guarded.stop();
    }
  });
});
