/** Debian's Chromium, headless, driven through playwright-core. Tests of pages use `describeInBrowser`. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { describe, test } from 'vitest';
import options from '../../scripts/chromium.json' with { type: 'json' };

/** `describe` for tests that need Chromium: without it they are skipped with the reason, and fail under CI=true. */
export function describeInBrowser(name: string, body: () => void): void {
  if (existsSync(options.executablePath)) return void describe(name, body);
  const reason = `${options.executablePath} is missing; scripts/setup-tests.sh installs it`;
  describe(name, () => {
    test('needs chromium', (context) => {
      if (process.env.CI === 'true') throw new Error(reason);
      console.warn(`skipped: ${name}: ${reason}`);
      context.skip(reason);
    });
  });
}

export interface TestBrowser {
  /** All its pages share one profile. */
  readonly context: BrowserContext;
  /** Another profile, gone with the browser. */
  newContext(): Promise<BrowserContext>;
  page(url: string): Promise<Page>;
  /** SIGKILL to the browser, as a crash of the machine would: nothing is closed in order. The profile stays. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** With a `profile` (a folder) of an earlier one it is that browser opened again; without, the profile is new and goes when it is closed. */
export async function startBrowser(profile?: string): Promise<TestBrowser> {
  const folder = profile ?? mkdtempSync(join(tmpdir(), 'gapless-chromium-'));
  const context = await chromium.launchPersistentContext(folder, options);
  const browser = context.browser()!;
  return {
    context,
    newContext: () => browser.newContext(),
    async page(url) {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    async kill() {
      const session = await browser.newBrowserCDPSession();
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      const gone = new Promise((resolve) => context.once('close', resolve));
      process.kill(processInfo.find(({ type }) => type === 'browser')!.id, 'SIGKILL');
      await gone;
    },
    async close() {
      await context.close();
      if (profile === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
