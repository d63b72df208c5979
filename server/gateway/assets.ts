/**
 * Built files held in memory, each as it is and compressed, and the replies that hold them. They are read once, from one folder: a request only looks up a name, so no
 * path that anybody sends comes near the file system.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { CODINGS, type Coding, chooseCoding, isKnown } from './content-coding.ts';
import type { HttpReply, HttpRequest } from './http.ts';

export interface Variant {
  body: Uint8Array;
  /** Strong, of these very bytes. */
  etag: string;
}

export interface Asset {
  contentType: string;
  variants: { readonly [C in Coding]?: Variant } & { identity: Variant };
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};
const SUFFIXES: Record<Exclude<Coding, 'identity'>, string> = { br: '.br', gzip: '.gz' };

/** By path below the folder, with `/` between its parts; empty where there is no such folder. Files of unknown types are left out. */
export function loadAssets(folder: string): Map<string, Asset> {
  const assets = new Map<string, Asset>();
  if (!existsSync(folder)) return assets;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const contentType = TYPES[extname(entry.name)];
    if (!entry.isFile() || contentType === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    assets.set(relative(folder, file).split(sep).join('/'), { contentType, variants: variantsOf(file) });
  }
  return assets;
}

function variantsOf(file: string): Asset['variants'] {
  const variants: Asset['variants'] = { identity: variant(readFileSync(file)) };
  const compressed = Object.entries(SUFFIXES).filter(([, suffix]) => existsSync(file + suffix));
  return {
    ...variants,
    ...Object.fromEntries(compressed.map(([coding, suffix]) => [coding, variant(readFileSync(file + suffix))])),
  };
}

function variant(body: Uint8Array): Variant {
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}

/** The smallest representation that the client takes, or 304 where it has it already. */
export function assetReply(
  { headers: asked }: Pick<HttpRequest, 'headers'>,
  { contentType, variants }: Asset,
  headers: Record<string, string>,
): HttpReply {
  const there = CODINGS.filter((coding) => variants[coding]);
  const coding = chooseCoding(asked.get('accept-encoding'), there);
  const { body, etag } = variants[coding]!;
  const known = { ...headers, etag, vary: 'Accept-Encoding, Origin' };
  if (isKnown(asked.get('if-none-match'), etag)) return { status: 304, headers: known };
  const encoding: Record<string, string> = coding === 'identity' ? {} : { 'content-encoding': coding };
  return { status: 200, headers: { ...known, ...encoding, 'content-type': contentType }, body };
}
