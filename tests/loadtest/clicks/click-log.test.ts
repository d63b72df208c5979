import { describe, expect, it } from 'vitest';
import { clickLog } from '../../../loadtest/clicks/click-log.ts';
import { SHAPES, type Shape } from '../../../loadtest/clicks/shapes.ts';
import { Replay } from '../../../server/recommend/evaluate/replay.ts';
import { SessionLog } from '../../../server/recommend/evaluate/session-log.ts';

function logOf(shape: Shape): SessionLog {
  const log = new SessionLog();
  for (const { session, item, at } of clickLog(shape)) {
    log.add({ kind: 'play', user: session, session, track: item, at });
  }
  log.sort();
  return log;
}

/** The same kind of log, a twelfth of it. */
function small(shape: Shape): Shape {
  return { ...shape, sessions: 2000, items: shape.items / 10, categories: Math.ceil(shape.categories / 10) };
}

describe('logs of clicks', () => {
  it('are the same for the same seed', () => {
    const shape = { ...small(SHAPES.shop!), sessions: 50 };
    expect([...clickLog(shape, 3)]).toEqual([...clickLog(shape, 3)]);
    expect([...clickLog(shape, 3)]).not.toEqual([...clickLog(shape, 4)]);
  });

  it.each(Object.keys(SHAPES))(
    'of the shape %s: the blend finds more than its parts and the baselines',
    async (name) => {
      const contestants = ['blend', 'session_knn', 'cooccurrence', 'popularity', 'last_item'] as const;
      const log = logOf(small(SHAPES[name]!));
      const options = { contestants, count: 20, from: 0.7, frozen: false, repeats: 'allow' } as const;
      const live = (await new Replay(log, options).run()).results;
      const [blend, ...others] = live;
      for (const other of others) expect(blend!.hitRate, other.model).toBeGreaterThan(other.hitRate);
      expect(blend!.reciprocalRank).toBeGreaterThan(0.95 * Math.max(...others.map((other) => other.reciprocalRank)));
      const frozen = { ...options, contestants: ['blend'] as const, frozen: true };
      expect(blend!.hitRate).toBeGreaterThan((await new Replay(log, frozen).run()).results[0]!.hitRate);
    },
  );
});
