/** What starts a thread or a process by the name of its file finds it in the build. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const NAMED = /\bentry(?::| =) '([^']+)'|\bbuilt\('([^']+)\.js'\)|NodeServer\.start\('([^']+)'/g;

const sources = ['cli', 'server', 'workers', 'loadtest']
  .flatMap((room) => readdirSync(room, { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)))
  .filter((file) => file.endsWith('.ts'));
const named = sources.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(NAMED)].map(([, thread, made, peer]) => thread ?? made ?? `loadtest/${peer}`),
);

it('names some', () => expect(named).toEqual(expect.arrayContaining(['server/feeds/main', 'workers/main'])));

it.each(named)('%s', (name) => {
  expect(existsSync(join('dist', `${name}.js`))).toBe(true);
});
