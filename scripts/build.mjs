#!/usr/bin/env node
/**
 * Builds `dist/`: the program, the types of what it exports, the SDK for pages, and the pages. Says nothing when all is well and does
 * nothing when nothing changed.
 *
 *   node scripts/build.mjs [--quick]     --quick: without types, for tests; they are `npm run check`'s business
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPages } from './build-pages.mjs';
import { bundle } from './bundle.mjs';
import { BUNDLE, writeBundle } from './bundle-client.mjs';
import { filesBelow, fingerprint } from './files.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const DIST = 'dist';
const STAMP = `${DIST}/.built`;
const LOCK = `${DIST}/.lock`;
const NOTES = `${DIST}/.tsbuildinfo`;
const CONFIG = 'tsconfig.build.json';
const BUILT_BY = ['scripts/bundle.mjs', 'scripts/bundle-client.mjs', 'scripts/compress.mjs'];
const LOCK_WAIT_MS = 120_000;
const quick = process.argv.includes('--quick');

const { include: rooms, exclude } = JSON.parse(fs.readFileSync(CONFIG, 'utf8'));
fs.mkdirSync(DIST, { recursive: true });
lock();
try {
  const sources = rooms.flatMap(filesBelow).filter((file) => !exclude.some((folder) => file.startsWith(`${folder}/`)));
  const prints = fingerprint([...sources, CONFIG, 'tsconfig.json', 'package.json', 'package-lock.json', ...BUILT_BY]);
  const known = fs.existsSync(STAMP) && fs.existsSync(BUNDLE) ? fs.readFileSync(STAMP, 'utf8') : '';
  if (known !== `${prints} checked` && (!quick || known !== `${prints} quick`)) {
    fs.rmSync(STAMP, { force: true });
    await build(sources);
    fs.writeFileSync(STAMP, `${prints} ${quick ? 'quick' : 'checked'}`);
  }
  const failure = await buildPages();
  // Only the tests of the pages need them.
  if (failure && !quick) fail(failure);
} finally {
  fs.rmSync(LOCK, { force: true });
}

async function build(sources) {
  if (!fs.existsSync('node_modules/typescript/bin/tsc')) fail('TypeScript is not installed. Run: npm ci');
  if (!quick) declareTypes(sources);
  await bundle(rooms, sources).catch(() => fail('The build failed, see above. dist/ may be incomplete.'));
  await writeBundle();
}

/** Checks all of them, and writes what a user of the packages needs. */
function declareTypes(sources) {
  const wanted = new Set(sources.map((file) => path.join(DIST, file.replace(/\.ts$/, '.d.ts'))));
  for (const file of rooms.flatMap((room) => filesBelow(path.join(DIST, room))))
    if (file.endsWith('.d.ts') && !wanted.has(file)) fs.rmSync(file);
  const args = ['node_modules/typescript/bin/tsc', '-p', CONFIG, ...(process.stdout.isTTY ? ['--pretty'] : [])];
  // tsc believes its notes over what it finds in dist/.
  if (!fs.existsSync(`${DIST}/client/index.d.ts`)) fs.rmSync(NOTES, { force: true });
  const tsc = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (tsc.status !== 0) fail('The build failed: TypeScript found the errors above. dist/ may be incomplete.');
}

/** One build at a time in one checkout; the lock of a process that is gone does not count. */
function lock() {
  const until = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      return fs.writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!holderLives()) fs.rmSync(LOCK, { force: true });
    else if (Date.now() > until)
      fail(`Another build has held ${LOCK} for two minutes. If none is running, delete that file.`);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

function holderLives() {
  try {
    const holder = Number(fs.readFileSync(LOCK, 'utf8'));
    if (holder > 0) process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function fail(message) {
  console.error(message);
  fs.rmSync(LOCK, { force: true });
  process.exit(1);
}
