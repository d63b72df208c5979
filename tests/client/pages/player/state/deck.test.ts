import { describe, expect, it } from 'vitest';
import {
  type Choice,
  choose,
  type Deck,
  EMPTY_DECK,
  isOver,
  positionAt,
  rate,
  seek,
  toggle,
} from '../../../../../client/pages/player/state/deck.ts';

const A: Choice = { id: 'a', lengthMs: 100_000, source: 'library' };
const B: Choice = { id: 'b', lengthMs: 50_000, source: 'discover', recommendationId: 'r' };
const said = ({ acts }: { acts: { action: string; choice: Choice; positionMs: number }[] }) =>
  acts.map(({ action, choice, positionMs }) => `${action} ${choice.id} ${positionMs}`);

describe('the deck', () => {
  it('plays a track: its position moves with the clock and stops at its end', () => {
    const { deck } = choose(EMPTY_DECK, A, 1_000);
    expect([1_000, 1_500, 101_000, 999_000].map((now) => positionAt(deck, now))).toEqual([0, 500, 100_000, 100_000]);
    expect([100_999, 101_000].map((now) => isOver(deck, now))).toEqual([false, true]);
    expect(positionAt(EMPTY_DECK, 5)).toBe(0);
    expect(isOver(EMPTY_DECK, 5)).toBe(false);
  });

  it('tells of a track that is left, and of one that is heard to its end', () => {
    const first = choose(EMPTY_DECK, A, 0);
    expect(said(first)).toEqual(['play a 0']);
    expect(said(choose(first.deck, B, 12_345.6))).toEqual(['skip a 12346', 'play b 0']);
    expect(said(choose(first.deck, B, 100_000))).toEqual(['complete a 100000', 'play b 0']);
  });

  it('stands still while it is paused', () => {
    const { deck } = choose(EMPTY_DECK, A, 0);
    const paused = toggle(deck, 3_000);
    expect(said(paused)).toEqual(['pause a 3000']);
    expect(positionAt(paused.deck, 90_000)).toBe(3_000);
    const again = toggle(paused.deck, 90_000);
    expect(said(again)).toEqual(['play a 3000']);
    expect(positionAt(again.deck, 91_000)).toBe(4_000);
  });

  it('seeks within the track, paused or not', () => {
    const { deck } = choose(EMPTY_DECK, A, 0);
    expect(said(seek(deck, 40_000.4, 5))).toEqual(['seek a 40000']);
    expect(positionAt(seek(deck, 40_000, 5).deck, 15)).toBe(40_010);
    expect(said(seek(deck, 1e9, 5))).toEqual(['seek a 100000']);
    expect(said(seek(deck, -1, 5))).toEqual(['seek a 0']);
    const paused = toggle(deck, 10).deck;
    expect(positionAt(seek(paused, 7_000, 20).deck, 99_999)).toBe(7_000);
  });

  it('remembers the last rating until the next track', () => {
    const { deck } = choose(EMPTY_DECK, A, 0);
    const liked = rate(deck, 'like', 10);
    expect(said(liked)).toEqual(['like a 10']);
    expect(liked.deck.rating).toBe('like');
    expect(rate(liked.deck, 'dislike', 20).deck.rating).toBe('dislike');
    expect(choose(liked.deck, B, 30).deck.rating).toBeNull();
  });

  it('does nothing with nothing on it', () => {
    const steps: { deck: Deck; acts: unknown[] }[] = [
      toggle(EMPTY_DECK, 1),
      seek(EMPTY_DECK, 1, 1),
      rate(EMPTY_DECK, 'like', 1),
    ];
    for (const step of steps) expect(step).toEqual({ deck: EMPTY_DECK, acts: [] });
  });
});
