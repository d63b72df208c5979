#!/usr/bin/env node
/**
 * Takes the pictures of docs/images/ from the running program: starts `gapless serve --demo` in a folder of its own, lets it run until
 * the charts have something to show, and opens the pages in Chromium.
 *
 *   node scripts/screenshots.mjs [--seconds 75]
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { IMAGES, save, startChromium } from './pictures.mjs';

const DESK = { width: 1280, height: 1120 };
/** What the player needs. */
const LOW = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };

process.chdir(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '75' } } });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gapless-screenshots-'));
fs.mkdirSync(IMAGES, { recursive: true });

const server = spawn(process.execPath, ['dist/cli/main.js', 'serve', '--demo', '--port', '0', '--data-dir', folder], {
  env: { ...process.env, GAPLESS_LOG_LEVEL: 'error' },
  stdio: ['ignore', 'inherit', 'pipe'],
});
const ended = new Promise((resolve) => server.once('close', resolve));
let browser = null;
try {
  const origin = await address();
  browser = await startChromium();
  await takePictures(origin);
} finally {
  await browser?.close();
  server.kill('SIGTERM');
  await ended;
  fs.rmSync(folder, { recursive: true, force: true });
}

/** Where the server says that it listens. */
function address() {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      const found = /dashboard +(http:\S+?)\/\n/.exec(said);
      if (found) resolve(found[1]);
    });
    server.once('close', () => reject(new Error(`the server ended: ${said}`)));
  });
}

async function takePictures(origin) {
  const player = await open(`${origin}/player`, LOW, 'light');
  await player.locator('.link.live').waitFor();
  // The pages draw what happened while they, or the server, could see it.
  await new Promise((resolve) => setTimeout(resolve, Number(values.seconds) * 1000));

  for (const [name, viewport, scheme] of [
    ['dashboard-light', DESK, 'light'],
    ['dashboard-dark', DESK, 'dark'],
    ['dashboard-phone', PHONE, 'light'],
  ]) {
    const page = await open(`${origin}/`, viewport, scheme);
    await page.locator('.link.live').waitFor();
    await page.getByLabel('Show').selectOption({ label: '1 min' });
    // The live tail begins when the page does; a mistake is sent every eight seconds.
    await page.locator('.tail tbody tr').nth(20).waitFor();
    await page.locator('.letter-list li').first().waitFor();
    await save(page, `${IMAGES}/${name}.png`);
    await page.context().close();
  }

  await listen(player);
  await save(player, `${IMAGES}/player.png`);
  await player.setViewportSize(PHONE);
  await save(player, `${IMAGES}/player-phone.png`);
}

/** Somebody who skips a little, likes something, lets a flood go, and uses a player with a fault. */
async function listen(page) {
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  const settled = () => page.locator('[data-figure="pending"]', { hasText: /^0$/ }).waitFor();
  await press('Play');
  for (let skips = 3; skips > 0; skips--) {
    await settled();
    await press('Skip');
  }
  await press('Like');
  await settled();
  await page.getByRole('button', { name: 'Flood' }).click();
  await settled();
  await press('Send a mistake');
  await settled();
  await press('Skip');
  await settled();
  await page.locator('.outcome', { hasText: 'rejected' }).waitFor();
}

async function open(url, viewport, colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(url);
  return page;
}
