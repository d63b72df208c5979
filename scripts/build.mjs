#!/usr/bin/env node
/**
 * Builds `dist/`: compiles TypeScript, copies what lies beside it (scripts of a storage engine and the like), makes the command
 * executable, bundles the SDK for pages, and builds the pages. Says nothing when all is well and does nothing when nothing changed.
 *
 *   node scripts/build.mjs [--quick]     --quick: only what changed, without checking types, for tests; types are `npm run check`'s business
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPages } from './build-pages.mjs';
import { BUNDLE, writeBundle } from './bundle-client.mjs';
import { filesBelow, fingerprint } from './files.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const DIST = 'dist';
const STAMP = `${DIST}/.built`;
const LOCK = `${DIST}/.lock`;
const NOTES = `${DIST}/.tsbuildinfo`;
const CONFIG = 'tsconfig.build.json';
const BUILT_BY = ['scripts/bundle-client.mjs', 'scripts/compress.mjs'];
const LOCK_WAIT_MS = 120_000;
const quick = process.argv.includes('--quick');

const { include: rooms, exclude } = JSON.parse(fs.readFileSync(CONFIG, 'utf8'));
fs.mkdirSync(DIST, { recursive: true });
lock();
try {
  const sources = rooms.flatMap(filesBelow).filter((file) => !exclude.some((folder) => file.startsWith(`${folder}/`)));
  const prints = fingerprint([...sources, CONFIG, 'tsconfig.json', 'package-lock.json', ...BUILT_BY]);
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
  removeStale(new Set(sources.filter(isSource).map((file) => file.slice(0, -'.ts'.length))));
  if (quick) await transpile(sources.filter(isSource));
  else compile();
  for (const file of sources.filter((file) => !isSource(file) && !file.endsWith('.md'))) {
    fs.mkdirSync(path.dirname(path.join(DIST, file)), { recursive: true });
    fs.copyFileSync(file, path.join(DIST, file));
  }
  fs.chmodSync(`${DIST}/cli/main.js`, 0o755);
  await writeBundle();
}

function compile() {
  const args = ['node_modules/typescript/bin/tsc', '-p', CONFIG, ...(process.stdout.isTTY ? ['--pretty'] : [])];
  // tsc believes its notes over what it finds in dist/.
  if (!fs.existsSync(`${DIST}/cli/main.js`)) fs.rmSync(NOTES, { force: true });
  const tsc = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (tsc.status !== 0) fail('The build failed: TypeScript found the errors above. dist/ may be incomplete.');
}

async function transpile(sources) {
  const output = (file) => path.join(DIST, `${file.slice(0, -'.ts'.length)}.js`);
  const changed = sources.filter((file) => modifiedMs(output(file)) <= modifiedMs(file));
  if (changed.length === 0) return;
  // What it says of these files is no longer so.
  fs.rmSync(NOTES, { force: true });
  const { default: ts } = await import('typescript');
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');
  // transpileModule emits ES modules only where it is told, it does not look at package.json.
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext, noEmit: false, inlineSourceMap: true };
  for (const file of changed) {
    const { outputText } = ts.transpileModule(fs.readFileSync(file, 'utf8'), {
      fileName: path.resolve(file),
      compilerOptions,
    });
    fs.mkdirSync(path.dirname(output(file)), { recursive: true });
    fs.writeFileSync(output(file), outputText);
  }
}

/** Outputs whose source is gone. */
function removeStale(wanted) {
  for (const file of rooms.flatMap((room) => filesBelow(path.join(DIST, room)))) {
    const output = /^(.*?)(\.d\.ts|\.js\.map|\.js)$/.exec(path.relative(DIST, file));
    if (output && !wanted.has(output[1])) fs.rmSync(file);
  }
}

function isSource(file) {
  return file.endsWith('.ts') && !file.endsWith('.d.ts');
}

function modifiedMs(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? -1;
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
