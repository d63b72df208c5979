import { expect, it } from 'vitest';
import { tilesOf } from '../../../../../client/pages/dashboard/state/tiles.ts';
import { stats } from '../figures.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');
const shown = (...args: Parameters<typeof tilesOf>) =>
  Object.fromEntries(
    tilesOf(...args).map(({ label, value, note, alarm }) => [label, [plain(value), plain(alarm ?? note)]]),
  );

it('words the figures', () => {
  expect(shown(stats())).toEqual({
    Stored: ['300 /s', '1 repeated, 1 rejected'],
    'Ack p99': ['12 ms', 'p50 2.00 ms'],
    'Commit p99': ['7.00 ms', 'p50 1.00 ms'],
    Pressure: ['20 %', 'mostly storage'],
    Outstanding: ['2.00 KiB', 'of 64.0 MiB'],
    Connections: ['5', '4 publish, 1 read'],
    'Consumer lag': ['10', 'oldest 40 ms'],
    'Completeness gap': ['0', 'all accounted for'],
  });
});

it('has the same tiles before the first figures', () => {
  const before = shown(null);
  expect(Object.keys(before)).toEqual(Object.keys(shown(stats())));
  expect(new Set(Object.values(before).map(([value]) => value))).toEqual(new Set(['–']));
});

it('says what is wrong in words', () => {
  const wrong = shown(stats({ ledgerGap: 3, pressure: { level: 0.9, parts: { storage: 0.2, pool: 0.9 } } }));
  expect(wrong['Completeness gap']).toEqual(['3', '3 events lost count of']);
  expect(wrong.Pressure).toEqual(['90 %', 'mostly waiting slabs']);
  expect(shown(stats({ processor: null }))['Consumer lag']).toEqual(['–', 'no processor here']);
});
