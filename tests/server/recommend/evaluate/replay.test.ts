import { describe, expect, it } from 'vitest';
import type { SignalKind } from '../../../../server/features/signal.ts';
import { type Contestant, Replay, type ReplayOptions } from '../../../../server/recommend/evaluate/replay.ts';
import { SessionLog } from '../../../../server/recommend/evaluate/session-log.ts';
import { MODELS } from '../../../../server/recommend/port.ts';

type Click = [session: string, track: string, second: number, kind?: SignalKind];

function logOf(clicks: readonly Click[]): SessionLog {
  const log = new SessionLog();
  for (const [session, track, second, kind = 'play'] of clicks) {
    log.add({ kind, user: session, session, track, at: second * 1000 });
  }
  log.sort();
  return log;
}

async function evaluate(clicks: readonly Click[], change: Partial<ReplayOptions> = {}) {
  const options: ReplayOptions = {
    ...{ contestants: ['last_item'], count: 20, from: 0, frozen: false, repeats: 'allow' },
    ...change,
  };
  const evaluation = await new Replay(logOf(clicks), options).run();
  return { evaluation, result: evaluation.results[0]! };
}

/** What follows a: first b, then c, then b, then d, all seen before each prediction but the first. */
const FOLLOWING: Click[] = [
  ...([
    ['1', 'a', 0],
    ['1', 'b', 1],
    ['2', 'a', 10],
    ['2', 'c', 11],
  ] satisfies Click[]),
  ...([
    ['3', 'a', 20],
    ['3', 'b', 21],
    ['4', 'a', 30],
    ['4', 'd', 31],
    ['5', 'a', 40],
    ['5', 'c', 41],
  ] satisfies Click[]),
];

describe('replay', () => {
  it('predicts every click but a session’s first, once, from what came before it', async () => {
    // Lists for the last item: [], [b], [b, c], [b, c], [b, c, d]; then b, c, b, d, c came.
    const { evaluation, result } = await evaluate(FOLLOWING);
    expect(evaluation).toMatchObject({ events: 10, clicks: 10, sessions: 5, tracks: 4, learned: 10 });
    expect(result.predictions).toBe(5);
    expect(result.hitRate).toBeCloseTo(2 / 5, 12);
    expect(result.reciprocalRank).toBeCloseTo((1 + 1 / 2) / 5, 12);
    expect(result.coverage).toBe(3 / 4);
  });

  it('counts places within the list only', async () => {
    const { result } = await evaluate(FOLLOWING, { count: 1 });
    expect(result.hitRate).toBeCloseTo(1 / 5, 12);
    expect(result.reciprocalRank).toBeCloseTo(1 / 5, 12);
  });

  it('scores from the given share of the time on, also sessions that began before', async () => {
    const { evaluation, result } = await evaluate(FOLLOWING, { from: 0.75 });
    expect(evaluation.splitAt).toBe(30_750);
    expect(result.predictions).toBe(2);
    expect(result.reciprocalRank).toBeCloseTo(1 / 2 / 2, 12);
  });

  it('learns nothing after the split where it is frozen', async () => {
    const { evaluation, result } = await evaluate(FOLLOWING, { from: 0.2, frozen: true });
    // Only session 1 is learned: a is followed by b.
    expect(evaluation.learned).toBe(2);
    expect(result).toMatchObject({ predictions: 4, hitRate: 1 / 4, reciprocalRank: 1 / 4, coverage: 1 / 4 });
  });

  it('goes by event time, whatever the order of the file; of one moment, by the order of the file', async () => {
    const inOrder = await evaluate(FOLLOWING);
    const backwards = await evaluate([...FOLLOWING].reverse());
    expect(backwards.result).toMatchObject({
      hitRate: inOrder.result.hitRate,
      reciprocalRank: inOrder.result.reciprocalRank,
    });
    const together: Click[] = [
      ['1', 'a', 0],
      ['1', 'b', 0],
      ['2', 'a', 0],
      ['2', 'b', 0],
    ];
    expect((await evaluate(together)).result.hitRate).toBe(1 / 2);
  });

  it('may predict a track of the session again, unless repeats are hidden', async () => {
    const back: Click[] = [
      ['1', 'a', 0],
      ['1', 'b', 1],
      ['1', 'a', 2],
      ['1', 'b', 3],
    ];
    expect((await evaluate(back)).result.hitRate).toBe(1 / 3);
    const hidden = await evaluate(back, { repeats: 'hide' });
    expect(hidden.result).toMatchObject({ predictions: 3, hitRate: 0, coverage: 0 });
  });

  it('knows the growing sessions of others, live, and not those of the future', async () => {
    const clicks: Click[] = [
      ['1', 'a', 0],
      ['2', 'a', 1],
      ['1', 'b', 2],
      ['2', 'b', 3],
      ['3', 'z', 9],
      ['3', 'y', 10],
    ];
    for (const model of ['session_knn', 'cooccurrence', 'blend'] as const) {
      const { result } = await evaluate(clicks, { contestants: [model] });
      // 1: b was never seen. 2: it follows a in session 1, which is still under way. 3: y was never seen.
      expect(result, model).toMatchObject({ predictions: 3, hitRate: 1 / 3 });
    }
  });

  it('takes skips and ends of plays for what they are, no choices of their own', async () => {
    const clicks: Click[] = [
      ...([
        ['1', 'a', 0],
        ['1', 'a', 1, 'complete'],
        ['1', 'b', 2],
        ['1', 'b', 3, 'skip'],
      ] satisfies Click[]),
      // A player that tells only how plays end.
      ...([
        ['2', 'a', 10, 'complete'],
        ['2', 'c', 11, 'listen'],
      ] satisfies Click[]),
    ];
    const { evaluation, result } = await evaluate(clicks);
    expect(evaluation).toMatchObject({ events: 6, clicks: 4 });
    expect(result.predictions).toBe(2);
  });

  it('gives the same figures every time and for every model', async () => {
    const clicks: Click[] = Array.from({ length: 400 }, (_, n) => [`${n % 40}`, `t${(n * n) % 17}`, n]);
    const contestants: Contestant[] = [...MODELS, 'last_item'];
    const figures = async () => {
      const { evaluation } = await evaluate(clicks, { contestants, from: 0.5 });
      return evaluation.results.map(({ model, predictions, hitRate, reciprocalRank, coverage }) => {
        expect(predictions).toBe(200);
        return { model, hitRate, reciprocalRank, coverage };
      });
    };
    expect(await figures()).toEqual(await figures());
  });

  it('stops where it is told to', async () => {
    const options = { contestants: ['blend'], count: 20, from: 0, frozen: false, repeats: 'allow' } as const;
    expect(await new Replay(logOf(FOLLOWING), options).run(AbortSignal.abort())).toMatchObject({
      events: 0,
      clicks: 0,
    });
    expect((await new Replay(logOf([]), options).run()).results[0]).toMatchObject({ predictions: 0, hitRate: 0 });
  });
});
