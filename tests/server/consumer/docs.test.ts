/** docs/CONSUMERS.md says what the code does. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fanoutCommand } from '../../../cli/commands/fanout.ts';
import { CONSUMER_DEFAULTS } from '../../../server/consumer/index.ts';

const text = readFileSync(new URL('../../../docs/CONSUMERS.md', import.meta.url), 'utf8');

/** The rows of the table that begins with this column, cells without their backticks. */
function table(title: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${title} |`));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

test('the options of a consumer and their defaults', () => {
  const source = readFileSync(new URL('../../../server/consumer/index.ts', import.meta.url), 'utf8');
  const declared = /export interface ConsumerOptions \{([\s\S]*?)\n\}/.exec(source)![1]!;
  const nested: Record<string, string[]> = { batch: ['maxEvents', 'maxBytes'], backoff: ['minMs', 'maxMs'] };
  const options = [...declared.matchAll(/^ {2}(\w+)\??:/gm)].flatMap(([, name]) =>
    (nested[name!] ?? ['']).map((inner) => (inner ? `${name}.${inner}` : name!)),
  );
  expect(table('option').map(([name]) => name)).toEqual(options);
  for (const [name, value] of table('option')) {
    const found = name!
      .split('.')
      .reduce<unknown>((from, key) => (from as Record<string, unknown> | undefined)?.[key], CONSUMER_DEFAULTS);
    expect(value, name).toBe(found === undefined ? '-' : String(found));
  }
});

test('the flags of the fanout and their defaults', () => {
  const storage = ['--data-dir', '--redis-url', '--redis-prefix'];
  const flags = fanoutCommand().options.filter(({ long }) => !storage.includes(long!));
  expect(table('flag').map(([name]) => name)).toEqual(flags.map(({ long }) => long));
  for (const { long, defaultValue } of flags) {
    const [, shown] = table('flag').find(([name]) => name === long)!;
    if (long === '--lease') expect(shown).toBe(`${defaultValue / 1000}s`);
    else if (defaultValue !== undefined) expect(shown).toBe(String(defaultValue));
  }
});
