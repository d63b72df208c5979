/** Tables for the terminal. */
import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import { type Grid, WORDS } from './content.ts';

/** One line, without what a terminal would obey. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\0-\x1f\x7f-\x9f]/g, ' ');
}

/** Empty where it has no lines. */
export function table({ head, rows }: Grid): string {
  if (rows.length === 0) return '';
  const out = new Table({
    head: head.map(plain),
    style: { head: [], border: [], compact: true },
    colAligns: head.map((name, i) => (i === 0 || WORDS.includes(name) ? ('left' as const) : ('right' as const))),
  });
  out.push(...rows.map((row) => row.map(plain)));
  return out.toString();
}
