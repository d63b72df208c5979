/** Ids of lists that gateways made on their own. */
import { describe, expect, it } from 'vitest';
import {
  degradedSlot,
  LIST_SLOTS,
  makeRecommendationId,
  parseRecommendationId,
} from '../../../server/recommend/recommendation-id.ts';

describe('degradedSlot', () => {
  it('keeps lists that can be asked for again apart from those that cannot, and all from those of owners', () => {
    const draw = (requested: boolean) => new Set(Array.from({ length: 500 }, () => degradedSlot(requested)));
    const [requested, anonymous] = [draw(true), draw(false)];
    expect([...requested].filter((slot) => anonymous.has(slot))).toEqual([]);
    for (const slot of [...requested, ...anonymous]) {
      expect(slot).toBeGreaterThanOrEqual(LIST_SLOTS);
      expect(parseRecommendationId(makeRecommendationId('popularity', slot))).toEqual({ model: 'popularity', slot });
    }
  });
});

describe('parseRecommendationId', () => {
  it.each([undefined, 7, '', 'blend.0', 'blend.0.short', 'other.0.AAAAAAAAAAAAAAAA', 'blend.64.AAAAAAAAAAAAAAAA'])(
    'knows that %s is none',
    (id) => expect(parseRecommendationId(id)).toBeNull(),
  );
});
