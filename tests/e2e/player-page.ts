/** A player page as somebody sees and uses it. */
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { until } from '../helpers/redis-server.ts';
import { keepPicture } from './artefacts.ts';

/** Machines that run tests are slow at times. */
export const WAIT_MS = 30_000;
/** Each look takes time of the page's. */
export const LOOK_MS = 50;

/** An event as the page shows it and as the log has it. */
export interface Clicked {
  action: string;
  track: string;
  at: number;
}

/** What its console or its policy complains of goes to `faults`. */
export async function openPlayer(profile: BrowserContext, url: string, faults: string[]): Promise<PlayerPage> {
  const page = await profile.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // Chromium itself writes these lines for a server that is not there.
    const isOutage = /^WebSocket connection to .* failed|net::ERR_(CONNECTION|EMPTY|SOCKET)/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isOutage) faults.push(message.text());
  });
  await page.goto(url);
  return new PlayerPage(page);
}

export class PlayerPage {
  readonly page: Page;
  /** Everything that was clicked on this page and noted with `note`. */
  readonly clicked: Clicked[] = [];

  constructor(page: Page) {
    this.page = page;
  }

  link(kind: 'live' | 'offline' | 'disconnected' | 'token'): Promise<void> {
    return this.page.locator(`.link.${kind}`).waitFor();
  }

  async press(name: string, times = 1): Promise<void> {
    const button = this.page.getByRole('button', { name, exact: true });
    for (let i = 0; i < times; i++) await button.click();
  }

  /** A figure of the connection; resolves once it is such a number. The test's own timeout ends it. */
  figure(name: string, isWanted: (value: number) => boolean): Promise<number> {
    const text = () => this.page.locator(`[data-figure="${name}"]`).innerText();
    return until(async () => {
      const value = Number((await text()).replaceAll(',', ''));
      return isWanted(value) && { value };
    }, LOOK_MS).then(({ value }) => value);
  }

  /** Resolves when nothing waits for an answer. */
  async settled(): Promise<void> {
    await this.figure('pending', (value) => value === 0);
  }

  user(): Promise<string> {
    return this.page.evaluate(() => localStorage.getItem('gapless.player.user')!);
  }

  /** Its events as the list shows them, newest first. */
  async sent(): Promise<(Clicked & { title: string; outcome: string })[]> {
    const rows = await this.page.locator('.sent-list li').evaluateAll((all) =>
      all.map((row) => {
        const text = (part: string) => row.querySelector(part)!.textContent!.trim();
        const { action, track, at } = (row as HTMLElement).dataset;
        return { action, track, at, title: text('.title'), outcome: text('.outcome') };
      }),
    );
    return rows.map(({ action, track, at, ...shown }) => ({
      action: action!,
      track: track!,
      at: Number(at),
      ...shown,
    }));
  }

  /** Reads off what this page sent since it was loaded: the list goes with the page. */
  async note(): Promise<void> {
    const known = new Set(this.clicked.map(({ at }) => at));
    const rows = (await this.sent()).map(({ action, track, at }) => ({ action, track, at }));
    this.clicked.push(...rows.reverse().filter(({ at }) => !known.has(at)));
  }

  /** The tracks of the list, best first, and which list it is. */
  async list(): Promise<{ id: string; tracks: string[] }> {
    const list = this.page.locator('[data-list]');
    return { id: (await list.getAttribute('data-list'))!, tracks: await list.locator('.title').allInnerTexts() };
  }

  picture(name: string): Promise<void> {
    return keepPicture(this.page, name);
  }
}

/** Asks the page again until it says what is expected. */
export const poll = (read: () => unknown) => expect.poll(read, { timeout: WAIT_MS, interval: LOOK_MS });
