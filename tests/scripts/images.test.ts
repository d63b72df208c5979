/** The pictures that the documentation shows are there, and none is heavy. `scripts/screenshots.mjs` takes them. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const LARGEST_BYTES = 250 * 1024;
const PAGES = ['README.md', ...readdirSync('docs').map((name) => join('docs', name))].filter((name) =>
  name.endsWith('.md'),
);

it('shows pictures that exist', () => {
  const shown = PAGES.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/!\[[^\]]*\]\((?!http)([^)\s]+)\)|<img[^>]*src="(?!http)([^"]+)"/g)].map(
      ([, markdown, html]) => join(dirname(page), (markdown ?? html)!),
    ),
  );
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.filter((file) => !existsSync(file))).toEqual([]);
});

it('has no heavy ones', () => {
  const heavy = readdirSync('docs/images').filter((name) => statSync(join('docs/images', name)).size > LARGEST_BYTES);
  expect(heavy).toEqual([]);
});
