import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { catalogueCsv, makeCatalogue } from '../../../loadtest/listeners/index.ts';
import { loadCatalogue } from '../../../workers/catalogue.ts';

const file = path.join(tmpdir(), `gapless-catalogue-${process.pid}.csv`);
afterAll(() => rmSync(file, { force: true }));

it('writes a catalogue that enrichment reads back', () => {
  const { tracks } = makeCatalogue({ seed: 5, tracks: 3000 });
  writeFileSync(file, [...catalogueCsv(tracks)].join(''));
  const loaded = loadCatalogue(file);
  expect(loaded.size).toBe(3000);
  for (const { id, artist, genre, duration_ms } of tracks)
    expect(loaded.track(id)).toEqual({ artist, genre, duration_ms });
});

it('has artists with several tracks in one genre', () => {
  const { tracks } = makeCatalogue({ seed: 5, tracks: 3000 });
  const artists = new Set(tracks.map(({ artist }) => artist));
  expect(artists.size).toBeGreaterThan(100);
  expect(artists.size).toBeLessThan(300);
  expect(new Set(tracks.map(({ genre }) => genre)).size).toBe(10);
});

it('is the same for the same seed', () => {
  expect(makeCatalogue({ seed: 1, tracks: 100 }).tracks).toEqual(makeCatalogue({ seed: 1, tracks: 100 }).tracks);
  expect(makeCatalogue({ seed: 2, tracks: 100 }).tracks).not.toEqual(makeCatalogue({ seed: 1, tracks: 100 }).tracks);
});
