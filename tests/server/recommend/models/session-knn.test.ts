import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, type KnnOptions } from '../../../../server/recommend/models/options.ts';
import { TenantModels } from '../../../../server/recommend/models/tenant-models.ts';
import { ids, query, START, signal, teach, withOptions } from './sample.ts';

interface Session {
  key: string;
  tracks: { track: string; refused: boolean }[];
  lastAt: number;
}

/** The algorithm as its definition reads, over plain lists and without an index. */
class Oracle {
  readonly sessions: Session[] = [];
  /** By track, sessions in the order in which the track came up in them. */
  readonly postings = new Map<string, Session[]>();
  readonly known = new Set<string>();
  readonly options: KnnOptions;

  constructor(options: KnnOptions) {
    this.options = options;
  }

  learn(key: string, track: string, second: number, kind: string): void {
    const session = this.sessions.find((each) => each.key === key) ?? { key, tracks: [], lastAt: 0 };
    if (session.lastAt === 0) this.sessions.push(session);
    this.known.add(track);
    session.lastAt = Math.max(session.lastAt, START + second * 1000);
    if (kind === 'skip') {
      const last = session.tracks.findLast((each) => each.track === track);
      if (last) last.refused = true;
      return;
    }
    if (session.tracks.at(-1)?.track === track) return;
    if (!session.tracks.some((each) => each.track === track)) {
      this.postings.set(track, [...(this.postings.get(track) ?? []), session]);
    }
    session.tracks.push({ track, refused: false });
  }

  scores(tracks: readonly string[], at: number): Map<string, number> {
    const { postings, neighbours, lookback, positionDecay, distanceDecay, backwards, halfLifeMs, rarity } =
      this.options;
    const newestFirst = [...new Set([...tracks].reverse())];
    const heard = newestFirst.flatMap((track, position) => (this.known.has(track) ? [{ track, position }] : []));
    const similarity = new Map<Session, { sum: number; met: string }>();
    for (const { track, position } of heard.slice(0, lookback)) {
      for (const session of (this.postings.get(track) ?? []).slice(-postings)) {
        const known = similarity.get(session) ?? { sum: 0, met: track };
        similarity.set(session, { ...known, sum: known.sum + positionDecay ** position });
      }
    }
    const nearest = [...similarity].sort(([a, x], [b, y]) => y.sum - x.sum || b.lastAt - a.lastAt).slice(0, neighbours);
    const scores = new Map<string, number>();
    for (const [session, { sum, met }] of nearest) {
      const weight = sum * 2 ** (-Math.max(0, at - session.lastAt) / halfLifeMs);
      const center = session.tracks.findLastIndex((each) => each.track === met);
      session.tracks.forEach(({ track, refused }, i) => {
        const frequency = this.sessions.filter((each) => each.tracks.some((one) => one.track === track)).length;
        const rare = Math.log(1 + (this.sessions.length + 1) / (1 + frequency)) ** rarity;
        const vote = weight * rare * (i < center ? backwards : 1) * distanceDecay ** Math.abs(i - center);
        scores.set(track, (scores.get(track) ?? 0) + (refused ? -0.5 : 1) * vote);
      });
    }
    return scores;
  }
}

const tracks = ['a', 'b', 'c', 'd', 'e', 'f'];
const event = fc.record({
  session: fc.integer({ min: 0, max: 7 }),
  track: fc.constantFrom(...tracks),
  kind: fc.constantFrom('play' as const, 'play' as const, 'play' as const, 'skip' as const),
});

describe('session_knn', () => {
  it('gives the scores that the definition gives, whatever was learned in whatever order', () => {
    const options = fc.record({
      postings: fc.constantFrom(1, 2, 3, 4, 5, 100),
      neighbours: fc.constantFrom(2, 3, 100),
      lookback: fc.constantFrom(1, 3, 10),
      rarity: fc.constantFrom(0, 0.5, 1),
      distanceDecay: fc.constantFrom(0.5, 1),
    });
    const history = fc.array(event, { maxLength: 60 });
    fc.assert(
      fc.property(
        options,
        history,
        fc.array(fc.constantFrom(...tracks), { maxLength: 5 }),
        (chosen, events, session) => {
          const knn = { ...DEFAULT_OPTIONS.knn, ...chosen };
          const models = new TenantModels({ ...DEFAULT_OPTIONS, knn });
          const oracle = new Oracle(knn);
          events.forEach(({ session, track, kind }, second) => {
            models.learnSignal(signal(`s${session}`, track, second, kind));
            oracle.learn(`s${session}`, track, second, kind);
          });
          const asked = query(session);
          const expected = [...oracle.scores(session, asked.at)]
            .filter(([track, score]) => score > 1e-9 && !asked.exclude.has(track))
            .sort((a, b) => b[1] - a[1]);
          const actual = models.predict('session_knn', asked).tracks.filter(({ score }) => score > 1e-9);
          expect(actual.map(({ score }) => score)).toEqual(expected.map(([, score]) => expect.closeTo(score, 9)));
          const byTrack = new Map(expected);
          for (const { track_id, score } of actual) expect(byTrack.get(track_id)).toBeCloseTo(score, 9);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('knows a session that is still growing', () => {
    const models = new TenantModels();
    models.learnSignal(signal('other', 'a', 1));
    expect(ids(models.predict('session_knn', query(['a'])))).toEqual([]);
    models.learnSignal(signal('other', 'b', 2));
    expect(ids(models.predict('session_knn', query(['a'])))).toEqual(['b']);
    models.learnSignal(signal('other', 'c', 3));
    expect(ids(models.predict('session_knn', query(['a'])))).toEqual(['b', 'c']);
  });

  it('forgets the sessions that had to make room', () => {
    const models = new TenantModels(withOptions({ maxSessions: 2 }));
    teach(models, [
      ['a', 'b'],
      ['a', 'c'],
      ['a', 'd'],
    ]);
    expect(models.sessions).toBe(2);
    expect(ids(models.predict('session_knn', query(['a'])))).toEqual(['d', 'c']);
  });

  it('trusts more neighbours more', () => {
    const models = new TenantModels();
    const few = teach(models, [['a', 'b']]);
    const unsure = models.predict('session_knn', query(['a'])).confidence;
    teach(models, new Array(30).fill(['a', 'b']), few);
    expect(models.predict('session_knn', query(['a'])).confidence).toBeGreaterThan(unsure);
    expect(models.predict('session_knn', query(['unknown']))).toEqual({ tracks: [], confidence: 0 });
  });
});
