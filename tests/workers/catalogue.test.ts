import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Catalogue, CatalogueError, loadCatalogue } from '../../workers/catalogue.ts';

const folder = mkdtempSync(join(tmpdir(), 'gapless-catalogue-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function load(text: string, extension = 'csv'): Catalogue {
  const path = join(folder, `${files++}.${extension}`);
  writeFileSync(path, text);
  return loadCatalogue(path);
}

describe('CSV', () => {
  it('reads columns by name, with quotes, a byte order mark and Windows line ends', () => {
    const catalogue = load(
      '\ufeffgenre,id,artist,duration,label\r\njazz,t-1,"Simone, Nina",212.5,X\r\n,t-2,,,\r\n\r\n',
    );
    expect(catalogue.size).toBe(2);
    expect(catalogue.track('t-1')).toEqual({ artist: 'Simone, Nina', genre: 'jazz', duration_ms: 212_500 });
    expect(catalogue.track('t-2')).toEqual({});
    expect(catalogue.track('t-3')).toBeUndefined();
  });

  it('takes milliseconds under their own name', () => {
    expect(load('id,duration_ms\nt-1,212500\n').track('t-1')).toEqual({ duration_ms: 212_500 });
  });

  it('may be empty but for its header', () => {
    expect(load('id,artist,genre,duration\n').size).toBe(0);
  });

  it.each([
    ['a missing id', 'id,artist\nt-1,A\n,B\n', 'line 3: id is missing'],
    ['no id column', 'track,artist\nt-1,A\n', 'line 2: id is missing'],
    ['an id twice', 'id,artist\nt-1,A\nt-1,B\n', 'line 3: id stands twice'],
    ['a duration that is none', 'id,duration\nt-1,3:20\n', 'line 2: duration must be seconds'],
    ['milliseconds as seconds', 'id,duration\nt-1,212500\n', 'duration_ms takes milliseconds'],
    ['a negative duration', 'id,duration_ms\nt-1,-5\n', 'line 2: duration_ms must be milliseconds'],
    ['an artist of 300 characters', `id,artist\nt-1,${'x'.repeat(300)}\n`, 'line 2: artist must be text'],
    ['a column too many', 'id,artist\nt-1,A,B\n', 'line 2'],
    ['an open quote', 'id,artist\nt-1,"A\n', 'line'],
    ['nothing', '', 'expected the columns'],
  ])('refuses %s and says where', (_name, text, message) => {
    expect(() => load(text)).toThrow(CatalogueError);
    expect(() => load(text)).toThrow(message);
  });
});

describe('titles', () => {
  const rows = [
    { id: 'a', title: 'Blue', artist: 'A' },
    { id: 'b', title: 7 },
    { id: 'c', title: '' },
  ];
  const path = join(folder, 'titles.ndjson');
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));

  it('are kept where they are asked for, and refuse no file', () => {
    expect([...loadCatalogue(path, { titles: true }).all()]).toEqual([
      ['a', { artist: 'A', title: 'Blue' }],
      ['b', {}],
      ['c', {}],
    ]);
    expect(loadCatalogue(path).track('a')).toEqual({ artist: 'A' });
  });

  it('are in no event', () => {
    const { count, bytes } = loadCatalogue(path, { titles: true }).entries('a')!;
    expect(count).toBe(1);
    expect(Buffer.from(bytes).toString('latin1')).not.toContain('Blue');
  });
});

describe('NDJSON', () => {
  it('reads one track a line', () => {
    const catalogue = load('{"id":"t-1","artist":"A","duration":1.5}\n\n{"id":7,"genre":"pop","year":1999}', 'ndjson');
    expect(catalogue.track('t-1')).toEqual({ artist: 'A', duration_ms: 1_500 });
    expect(catalogue.track('7')).toEqual({ genre: 'pop' });
  });

  it.each([
    ['no JSON', '{"id":"a"}\nnope', 'line 2: not JSON'],
    ['a list', '[1]', 'line 1: not an object'],
    ['a missing id', '{"artist":"A"}', 'line 1: id is missing'],
    ['a genre that is no text', '{"id":"a","genre":5}', 'line 1: genre must be text'],
    ['a duration that is none', '{"id":"a","duration":"long"}', 'line 1: duration must be seconds'],
  ])('refuses %s and says where', (_name, text, message) => {
    expect(() => load(text, 'jsonl')).toThrow(message);
  });
});

it('names a file that cannot be read', () => {
  expect(() => loadCatalogue(join(folder, 'none.csv'))).toThrow(/catalogue .*none\.csv: .*ENOENT/);
});
