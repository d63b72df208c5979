#!/usr/bin/env node
/**
 * Takes the picture of a load report for the documentation, in Chromium.
 *
 *   npm run loadtest -- reconnect-storm --out report.json
 *   node scripts/report-image.mjs report.html [docs/images/loadtest-report.png]
 */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { IMAGES, save, startChromium } from './pictures.mjs';

const [report, picture = `${IMAGES}/loadtest-report.png`] = process.argv.slice(2);
if (!report || !fs.existsSync(report)) {
  console.error('usage: node scripts/report-image.mjs REPORT.html [PICTURE.png]');
  process.exit(1);
}
const browser = await startChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1000, height: 1500 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(path.resolve(report)).href);
  await save(page, picture);
} finally {
  await browser.close();
}
