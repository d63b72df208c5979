#!/usr/bin/env node
/**
 * What the SDK costs a page: bundles `client/browser.ts` as `npm run build` does and prints its size, plain and gzipped. Fails if anything
 * of Node, of the server or of a package is in it, or if it is larger than allowed.
 *
 *   node scripts/client-size.mjs [--json]
 */
import { gzipSync } from 'node:zlib';
import { bundleClient } from './bundle-client.mjs';

/** Gzipped bytes: 20 KB, not KiB. */
const ALLOWED = 20_000;

const { code, inputs, forbidden } = await bundleClient();
for (const { from, to } of forbidden) console.error(`${from} imports ${to}, which has no place in a browser`);

const gzip = gzipSync(code, { level: 9 }).length;
const figures = { bytes: code.length, gzip, allowed: ALLOWED };
if (process.argv.includes('--json')) console.log(JSON.stringify({ ...figures, inputs }));
else console.log(`gapless.js: ${code.length} bytes minified, ${gzip} gzipped (at most ${ALLOWED})`);
if (gzip > ALLOWED) console.error(`The bundle is larger than ${ALLOWED} bytes gzipped.`);
if (forbidden.length > 0 || gzip > ALLOWED) process.exit(1);
