import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapshotError } from '../../../../server/recommend/models/snapshot.ts';
import { TenantModels } from '../../../../server/recommend/models/tenant-models.ts';
import { MODELS } from '../../../../server/recommend/port.ts';
import { query, signal, withOptions } from './sample.ts';

const KINDS = ['play', 'play', 'play', 'skip', 'complete', 'like', 'dislike', 'listen'] as const;
const ARTISTS = ['Ann', 'Bob', undefined];
const GENRES = ['jazz', 'rock', 'folk', undefined];

const step = fc.record({
  session: fc.integer({ min: 0, max: 12 }),
  track: fc.integer({ min: 0, max: 25 }),
  kind: fc.constantFrom(...KINDS),
  /** How far time moves; now and then back. */
  pace: fc.integer({ min: -30, max: 60 }),
  corrected: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const options = withOptions({
  maxSessions: 5,
  maxTracks: 18,
  maxSessionTracks: 4,
  knn: { postings: 3 },
  cooccurrence: { successors: 3 },
});

function learnAll(models: TenantModels, steps: readonly Step[]): void {
  let second = 1000;
  for (const { session, track, kind, pace, corrected } of steps) {
    second += pace;
    const artist = ARTISTS[(track + (corrected ? 1 : 0)) % ARTISTS.length];
    const genre = GENRES[track % GENRES.length];
    models.learnSignal({ ...signal(`s${session}`, `t${track}`, second, kind), artist, genre });
  }
}

const asking = fc.record({
  session: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 6 }),
  exclude: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 10 }),
  filters: fc.option(
    fc.record(
      {
        artist: fc.subarray(['Ann', 'Bob', 'Nobody']),
        genre: fc.subarray(['jazz', 'rock']),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  ),
  count: fc.integer({ min: 1, max: 30 }),
  similarTo: fc.option(fc.constantFrom('t1', 't2', 'never seen'), { nil: undefined }),
});
type Asking = typeof asking extends fc.Arbitrary<infer T> ? T : never;

function queryOf({ session, exclude, filters, count, similarTo }: Asking) {
  return query(
    session.map((n) => `t${n}`),
    {
      ...{ filters, count, similarTo },
      exclude: new Set(exclude.map((n) => `t${n}`)),
      artists: [
        ['Ann', 2],
        ['Bob', -1],
      ],
      genres: [['jazz', 1]],
    },
  );
}

describe('whatever happened and whatever is asked', () => {
  it('no list has an excluded or foreign track, or one twice; lists are sorted and not too long', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), asking, (steps, asked) => {
        const models = new TenantModels(options);
        learnAll(models, steps);
        const known = new Set(steps.map(({ track }) => `t${track}`));
        const asking = queryOf(asked);
        for (const model of MODELS) {
          const { tracks, confidence } = models.predict(model, asking);
          const ids = tracks.map(({ track_id }) => track_id);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.length).toBeLessThanOrEqual(asking.count);
          for (const { track_id, score, artist, genre } of tracks) {
            expect(known).toContain(track_id);
            expect(asking.exclude).not.toContain(track_id);
            expect(track_id).not.toBe(asking.similarTo);
            expect(score).toBeGreaterThan(0);
            expect(Number.isFinite(score)).toBe(true);
            if (asking.filters?.artist?.length) expect(asking.filters.artist).toContain(artist);
            if (asking.filters?.genre?.length) expect(asking.filters.genre).toContain(genre);
          }
          const scores = tracks.map(({ score }) => score);
          expect(scores).toEqual([...scores].sort((a, b) => b - a));
          expect(confidence).toBeGreaterThanOrEqual(0);
          expect(confidence).toBeLessThanOrEqual(1);
        }
        expect(models.sessions).toBeLessThanOrEqual(5);
        expect(models.trackCount).toBeLessThanOrEqual(18);
      }),
      { numRuns: 120 },
    );
  });

  it('a snapshot brings back the same models, which go on the same', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 150 }),
        fc.array(step, { maxLength: 50 }),
        asking,
        fc.integer({ min: 1, max: 5000 }),
        (steps, later, asked, cut) => {
          const models = new TenantModels(options);
          learnAll(models, steps);
          const loaded = TenantModels.load(recut(models.chunks(), cut), options);
          for (const both of [models, loaded]) learnAll(both, later);
          expect(loaded.sessions).toBe(models.sessions);
          for (const model of MODELS) {
            expect(loaded.predict(model, queryOf(asked))).toEqual(models.predict(model, queryOf(asked)));
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

/** The same bytes in pieces of another size, each a copy, as from a file. */
function recut(chunks: Iterable<Uint8Array>, size: number): Uint8Array[] {
  const all = Buffer.concat([...chunks]);
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.subarray(n * size, (n + 1) * size));
}

describe('a snapshot', () => {
  const models = new TenantModels(options);
  learnAll(models, fc.sample(step, { numRuns: 200, seed: 1 }));
  const whole = Buffer.concat([...models.chunks()]);

  function codeOf(bytes: Uint8Array, chosen = options): string {
    try {
      TenantModels.load([bytes], chosen);
      return 'loaded';
    } catch (error) {
      return error instanceof SnapshotError ? error.code : String(error);
    }
  }

  it('is refused where a byte differs or the end is missing', () => {
    expect(codeOf(whole)).toBe('loaded');
    fc.assert(
      fc.property(fc.integer({ min: 8, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= change;
        expect(['damaged', 'other_options']).toContain(codeOf(bytes));
      }),
      { numRuns: 100 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expect(codeOf(whole.subarray(0, length))).toBe('damaged');
      }),
      { numRuns: 30 },
    );
  });

  it('is refused where it is of another version or was made with other options', () => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32LE(99, 4);
    expect(codeOf(bytes)).toBe('unknown_version');
    expect(codeOf(Buffer.from('something else'))).toBe('damaged');
    expect(codeOf(whole, { ...options, maxSessions: 6 })).toBe('other_options');
  });
});
