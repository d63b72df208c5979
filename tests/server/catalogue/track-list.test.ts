import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { madeUpCsv, openTrackList, TrackList } from '../../../server/catalogue/track-list.ts';

const folder = mkdtempSync(join(tmpdir(), 'gapless-tracks-'));
afterAll(() => rmSync(folder, { recursive: true }));
const written = (text: string) => {
  const path = join(folder, 'tracks.csv');
  writeFileSync(path, text);
  return path;
};

describe('a list of tracks', () => {
  const list = new TrackList(
    Array.from({ length: 10 }, (_, i) => ({ id: `t${i}` })),
    false,
  );
  const ids = (tracks: { id: string }[]) => tracks.map(({ id }) => id).join(' ');

  it('gives tracks from all over it, each once', () => {
    expect(ids(list.spread(4))).toBe('t0 t2 t5 t7');
    expect(list.spread(10)).toHaveLength(10);
    expect(new Set(list.spread(200)).size).toBe(10);
    expect(new TrackList([], false).spread(5)).toEqual([]);
  });

  it('gives tracks by id, in the order asked, without unknown ones', () => {
    expect(ids(list.named(['t7', 'nobody', 't0']))).toBe('t7 t0');
  });
});

describe('where it comes from', () => {
  it('is the catalogue, with its titles', () => {
    const list = openTrackList(written('id,title,artist,genre,duration_ms\na,"Blue, Part II",Ann,jazz,1000\nb,,,,\n'));
    expect(list.madeUp).toBe(false);
    expect(list.spread(5)).toEqual([
      { id: 'a', title: 'Blue, Part II', artist: 'Ann', genre: 'jazz', duration_ms: 1000 },
      { id: 'b' },
    ]);
  });

  it('is made up without one, the same each time, and the same as a file', () => {
    const list = openTrackList(undefined);
    expect(list.madeUp).toBe(true);
    expect(list.size).toBe(600);
    expect(openTrackList(undefined).spread(200)).toEqual(list.spread(200));
    expect(openTrackList(written(madeUpCsv())).spread(600)).toEqual(list.spread(600));
  });

  it('refuses a catalogue that is faulty', () => {
    expect(() => openTrackList(written('id,artist\n,A\n'))).toThrow(/line 2: id is missing/);
  });
});
