import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../../../format/model.ts';
import { TenantModels } from '../../../../server/recommend/models/tenant-models.ts';
import { MODELS } from '../../../../server/recommend/port.ts';
import { ids, query, START, signal, teach, withOptions } from './sample.ts';

const DAY = 86_400;

describe('cooccurrence', () => {
  it('shares out what came after the last tracks, by distance and direction', () => {
    const options = {
      window: 2,
      distanceDecay: 0.5,
      backwards: 0.25,
      lookback: 2,
      positionDecay: 0.5,
      halfLifeMs: 1e15,
    };
    const models = new TenantModels(withOptions({ cooccurrence: options }));
    teach(models, [
      ['a', 'b', 'c', 'd'],
      ['a', 'c'],
    ]);
    // a: b 1, c 0.5 + 1. b: c 1, d 0.5, a 0.25. Totals 2.5 and 1.75.
    const { tracks } = models.predict('cooccurrence', query(['b', 'a'], { exclude: new Set() }));
    const scores = new Map(tracks.map(({ track_id, score }) => [track_id, score]));
    expect(scores.get('c')).toBeCloseTo(1.5 / 2.5 + (0.5 * 1) / 1.75, 5);
    expect(scores.get('d')).toBeCloseTo((0.5 * 0.5) / 1.75, 5);
  });

  it('lets old successions fade and forgets the weakest of a full row', () => {
    const models = new TenantModels(withOptions({ cooccurrence: { successors: 2, halfLifeMs: DAY * 1000 } }));
    teach(models, [
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'c'],
    ]);
    expect(ids(models.predict('cooccurrence', query(['a'])))).toEqual(['b', 'c']);
    teach(
      models,
      [
        ['a', 'd'],
        ['a', 'd'],
      ],
      10 * DAY,
    );
    expect(ids(models.predict('cooccurrence', query(['a'])))).toEqual(['d', 'b']);
  });

  it('does not know what a late event came after', () => {
    const models = new TenantModels();
    models.learnSignal(signal('s', 'a', 10));
    models.learnSignal(signal('s', 'b', 20));
    models.learnSignal(signal('s', 'late', 5));
    models.learnSignal(signal('s', 'c', 30));
    expect(ids(models.predict('cooccurrence', query(['a'], { exclude: new Set() })))).not.toContain('late');
    expect(ids(models.predict('session_knn', query(['late'])))).toEqual(expect.arrayContaining(['a', 'b', 'c']));
    expect(ids(models.predict('cooccurrence', query(['b'])))[0]).toBe('c');
  });
});

describe('popularity', () => {
  it('counts decayed plays, whatever order they come in', () => {
    const models = new TenantModels({ popularityHalfLifeMs: DAY * 1000 });
    for (const [track, day] of [
      ['new', 10],
      ['old', 0],
      ['old', 0],
      ['old', 0],
      ['new', 10],
    ] as const) {
      models.learnSignal(signal(`${track} ${day}`, track, day * DAY));
    }
    const [first, second] = models.popular(10, START + 10 * DAY * 1000);
    expect(first).toEqual({ track_id: 'new', score: expect.closeTo(2, 6) });
    expect(second).toEqual({ track_id: 'old', score: expect.closeTo(3 / 1024, 9) });
    expect(ids(models.predict('popularity', query([])))).toEqual(['new', 'old']);
  });

  it('keeps its order over years of events', () => {
    const models = new TenantModels({ popularityHalfLifeMs: DAY * 1000 });
    for (let day = 0; day < 1000; day += 10) models.learnSignal(signal('s', day % 20 ? 'odd' : 'even', day * DAY));
    expect(ids(models.predict('popularity', query([])))).toEqual(['odd', 'even']);
  });

  it('does not hide what became popular behind what was', () => {
    const models = new TenantModels();
    for (let n = 0; n < 2000; n++) models.learnSignal(signal(`s${n}`, `track ${n}`, n));
    for (let n = 0; n < 3; n++) models.learnSignal(signal(`t${n}`, 'track 0', 3000 + n));
    expect(ids(models.predict('popularity', query([])))[0]).toBe('track 0');
  });
});

function catalogued(): TenantModels {
  const models = new TenantModels();
  const played = [
    ['a1', 'Ann', 'jazz'],
    ['a1', 'Ann', 'jazz'],
    ['a2', 'Ann', 'jazz'],
    ['b1', 'Bob', 'jazz'],
    ['c1', 'Cid', 'rock'],
    ['c1', 'Cid', 'rock'],
    ['c1', 'Cid', 'rock'],
  ] as const;
  for (const [n, [track, artist, genre]] of played.entries()) {
    models.learnSignal({ ...signal(`s${n}`, track, n), artist, genre });
  }
  models.catalogue('a3', { artist: 'Ann', genre: 'jazz' });
  return models;
}

describe('content', () => {
  it('prefers the artist, then the genre, and finds what nobody played yet', () => {
    const models = catalogued();
    expect(ids(models.predict('content', query(['a1'])))).toEqual(['a2', 'b1', 'a3']);
    expect(models.describe('a3')).toEqual({ artist: 'Ann', genre: 'jazz' });
    expect(models.predict('content', query(['a1'])).tracks[0]).toMatchObject({ artist: 'Ann', genre: 'jazz' });
  });

  it('takes a skip as a word against the artist', () => {
    const models = catalogued();
    const session = [
      { track: 'a1', at: START, weight: 0 },
      { track: 'b1', at: START, weight: 1 },
    ];
    const list = ids(models.predict('content', query([], { session, exclude: new Set(['a1', 'b1']) })));
    expect(list).not.toContain('a2');
  });

  it('follows a track whose artist is corrected', () => {
    const models = catalogued();
    models.learnSignal({ ...signal('again', 'a2', 100), artist: 'Bob', genre: 'jazz' });
    expect(ids(models.predict('popularity', query([], { filters: { artist: ['Ann'] } })))).not.toContain('a2');
    expect(ids(models.predict('popularity', query([], { filters: { artist: ['Bob'] } })))).toContain('a2');
  });
});

describe('preference', () => {
  it('is the cosine of the listener’s and the track’s vectors', () => {
    const models = catalogued();
    const { tracks } = models.predict(
      'preference',
      query([], {
        artists: [['Ann', 3]],
        genres: [
          ['jazz', 1],
          ['rock', -2],
        ],
      }),
    );
    expect(ids({ tracks })).toEqual(['a1', 'a2', 'a3', 'b1']);
    const a3 = tracks.find(({ track_id }) => track_id === 'a3')!;
    expect(a3.score).toBeCloseTo((3 + 1) / (Math.sqrt(9 + 1 + 4) * Math.SQRT2), 9);
  });
});

describe('blend', () => {
  it('falls back to what is popular where nothing is known of the listener', () => {
    const models = catalogued();
    const { tracks, confidence } = models.predict('blend', query([]));
    expect(ids({ tracks })[0]).toBe('c1');
    expect(confidence).toBeLessThan(0.1);
    expect(new TenantModels().predict('blend', query(['a1']))).toEqual({ tracks: [], confidence: 0 });
  });

  it('puts back what listeners come back to, and only where they do', () => {
    const stay = ['x', 'y'];
    const loyal = new TenantModels();
    const curious = new TenantModels();
    for (let n = 0; n < 300; n++) {
      teach(loyal, [['x', 'y', 'x', 'y', `l${n % 7}`]], n * 10);
      teach(curious, [['x', 'y', `l${n % 7}`]], n * 10);
    }
    const asked = query(stay, { exclude: new Set() });
    expect(ids(loyal.predict('blend', asked))[0]).toBe('x');
    expect(ids(curious.predict('blend', asked))[0]).toMatch(/^l/);
  });
});

describe('all models', () => {
  it('hold a skip and a dislike against a track', () => {
    for (const kind of ['skip', 'dislike'] as const) {
      const models = new TenantModels();
      for (let n = 0; n < 5; n++) {
        teach(
          models,
          [
            ['a', 'good'],
            ['a', 'bad'],
          ],
          n * 100,
        );
        models.learnSignal(signal(`s${n * 100}-1`, 'bad', n * 100 + 50, kind));
      }
      for (const model of ['session_knn', 'cooccurrence', 'popularity', 'blend'] as const) {
        const list = ids(models.predict(model, query(['a'])));
        expect(list[0], `${model} after ${kind}`).toBe('good');
      }
    }
  });

  it('take the end of a play for a play where none was told', () => {
    for (const kind of ['listen', 'complete', 'like'] as const) {
      const models = new TenantModels();
      models.learnSignal(signal('s', 'a', 1, kind));
      models.learnSignal(signal('s', 'b', 2, kind));
      expect(ids(models.predict('session_knn', query(['a'])))).toEqual(['b']);
    }
  });

  it('learn a play and its end once', () => {
    const once = new TenantModels();
    const ended = new TenantModels();
    for (const models of [once, ended]) teach(models, [['a', 'b']]);
    ended.learnSignal(signal('s0-0', 'b', 10, 'complete'));
    const score = (models: TenantModels) => models.predict('cooccurrence', query(['a'])).tracks[0]!.score;
    expect(score(ended)).toBe(score(once));
  });

  it('learn from stored events, and leave out those that say nothing', () => {
    const models = new TenantModels();
    const base = { tenant: 't', producer: 'p', epoch: 1, received_at: START, user_id: 'u', session_id: 's' };
    const events: Partial<StoredEvent>[] = [
      { type: 'user_interaction', action: 'play', track_id: 'a', track: { artist: 'Ann' } },
      { type: 'recommendation_shown', track_id: 'x' },
      { type: 'user_interaction', action: 'pause', track_id: 'a' },
      { type: 'track_completed', track_id: 'b', duration_ms: 1000 },
    ];
    events.forEach((event, n) => {
      models.learn({ partition: 0, position: n + 1, event: { ...base, seq: n, ...event } as StoredEvent });
    });
    expect(models.trackCount).toBe(2);
    expect(ids(models.model('session_knn').predict(query(['a'])))).toEqual(['b']);
    expect(models.describe('a')).toEqual({ artist: 'Ann' });
  });

  it('answer for tracks like one without looking at the session', () => {
    const models = catalogued();
    teach(
      models,
      [
        ['a1', 'b1'],
        ['c1', 'b1'],
      ],
      1000,
    );
    for (const model of MODELS) {
      const asked = query(['c1'], { similarTo: 'a1', exclude: new Set() });
      const other = query([], { similarTo: 'a1', exclude: new Set() });
      expect(models.predict(model, asked)).toEqual(models.predict(model, other));
      expect(ids(models.predict(model, asked))).not.toContain('a1');
    }
    expect(ids(models.predict('session_knn', query([], { similarTo: 'a1' })))).toEqual(['b1']);
  });

  it('go on in a new session when one is full', () => {
    const models = new TenantModels({ maxSessionTracks: 3 });
    for (let n = 0; n < 10; n++) models.learnSignal(signal('endless', `t${n}`, n));
    expect(models.sessions).toBe(4);
  });

  it('forget the tracks that were played least when there are too many', () => {
    const models = new TenantModels({ maxTracks: 8 });
    for (let n = 0; n < 4; n++) teach(models, [['kept', 'also kept']], n * 10);
    for (let n = 0; n < 20; n++) teach(models, [['kept', `rare ${n}`]], 100 + n * 10);
    expect(models.trackCount).toBeLessThanOrEqual(8);
    const list = models.predict('session_knn', query(['kept']));
    expect(ids(list)).toEqual(expect.arrayContaining(['also kept', 'rare 19']));
    expect(ids(list)).not.toContain('rare 0');
    expect(new Set(ids(list)).size).toBe(list.tracks.length);
  });
});
