/** docs/CLIENT.md says what the code does. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLIENT_ERRORS } from '../../client/error.ts';
import { CLIENT_DEFAULTS } from '../../client/options.ts';

const text = readFileSync(new URL('../../docs/CLIENT.md', import.meta.url), 'utf8');
const types = readFileSync(new URL('../../client/types.ts', import.meta.url), 'utf8');

/** The rows of the table with this header, cells without their backticks. */
function table(header: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${header} |`));
  expect(start, `a table of ${header}`).toBeGreaterThan(0);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

const names = (header: string) => table(header).map(([name]) => name);
const quoted = (source: string) => [...source.matchAll(/'([\w-]+)'/g)].map(([, name]) => name);

test('the options and their defaults', () => {
  const declared = /export interface ClientOptions \{([\s\S]*?)\n\}/.exec(types)![1]!;
  const nested = { outbox: ['maxEvents', 'maxBytes', 'full', 'store'], backoff: ['minMs', 'maxMs'] };
  const options = [...declared.matchAll(/^ {2}(\w+)\??:/gm)].flatMap(([, name]) =>
    name! in nested ? nested[name as keyof typeof nested].map((inner) => `${name}.${inner}`) : [name!],
  );
  expect(names('option').sort()).toEqual(options.sort());
  for (const [name, value] of table('option')) {
    const found = name!
      .split('.')
      .reduce<unknown>((from, key) => (from as Record<string, unknown> | undefined)?.[key], CLIENT_DEFAULTS);
    expect(value, name).toBe(found === undefined ? '-' : String(found));
  }
});

test('the error codes', () => {
  expect(names('code')).toEqual([...CLIENT_ERRORS]);
});

test('states, policies and verdicts', () => {
  expect(names('state')).toEqual(quoted(/export type ClientState =([\s\S]*?);\n\n/.exec(types)![1]!));
  expect(names('policy')).toEqual(quoted(/export type FullPolicy =(.*);/.exec(types)![1]!));
  const verdicts = readFileSync(new URL('../../protocol/session/verdict.ts', import.meta.url), 'utf8');
  expect(names('status')).toEqual([...verdicts.matchAll(/status: '(\w+)'/g)].map(([, name]) => name));
});

test('feeds and what they can be asked for', () => {
  const feeds = readFileSync(new URL('../../client/feed-types.ts', import.meta.url), 'utf8');
  const fields = (name: string) => {
    const declared = new RegExp(`export interface ${name} \\{([\\s\\S]*?)\\n\\}`).exec(feeds)![1]!;
    return [...declared.matchAll(/^ {2}'?([\w-]+)'?\??:/gm)].map(([, field]) => field);
  };
  expect(names('feed')).toEqual(fields('FeedItems'));
  expect(names('choice')).toEqual(fields('FeedOptions'));
});
