/** What the scripts that take pictures for the documentation share. */
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export const IMAGES = 'docs/images';
const LARGEST_BYTES = 250 * 1024;

/** How tests and scripts start Debian's Chromium. */
const OPTIONS = createRequire(import.meta.url)('./chromium.json');

export function startChromium() {
  return chromium.launch(OPTIONS);
}

/** What is to be seen without scrolling. */
export async function save(page, file) {
  await page.mouse.move(0, 0);
  const { length } = await page.screenshot({ path: file });
  if (length > LARGEST_BYTES) throw new Error(`${file} has ${length} bytes, more than ${LARGEST_BYTES}`);
  console.log(`${file}: ${Math.round(length / 1024)} KiB`);
}
