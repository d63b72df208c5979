/**
 * What is on the deck, and what the listener did there in the words of the protocol. Nothing sounds: a track is a position that moves with
 * the clock. Pure; `now` is ms of the page's clock.
 */

export type Action = 'play' | 'pause' | 'skip' | 'like' | 'dislike' | 'complete' | 'seek';
export type Rating = 'like' | 'dislike';

/** A track and where the listener found it. */
export interface Choice {
  id: string;
  lengthMs: number;
  source: 'library' | 'discover';
  /** Of the list that it stood in. */
  recommendationId?: string;
}

/** One `user_interaction`, but for who and when. */
export interface Act {
  action: Action;
  choice: Choice;
  positionMs: number;
}

export interface Deck {
  choice: Choice | null;
  playing: boolean;
  /** Where it was `at` that time. */
  positionMs: number;
  at: number;
  rating: Rating | null;
}

export interface Step {
  deck: Deck;
  acts: Act[];
}

export const EMPTY_DECK: Deck = { choice: null, playing: false, positionMs: 0, at: 0, rating: null };

export function positionAt({ choice, playing, positionMs, at }: Deck, now: number): number {
  if (!choice) return 0;
  return Math.min(choice.lengthMs, Math.round(positionMs + (playing ? now - at : 0)));
}

export function isOver(deck: Deck, now: number): boolean {
  return deck.choice !== null && positionAt(deck, now) >= deck.choice.lengthMs;
}

/** Another track begins. The one before was left, unless it was heard to its end. */
export function choose(deck: Deck, choice: Choice, now: number): Step {
  const leaving = deck.choice ? [act(deck, isOver(deck, now) ? 'complete' : 'skip', now)] : [];
  return {
    deck: { choice, playing: true, positionMs: 0, at: now, rating: null },
    acts: [...leaving, { action: 'play', choice, positionMs: 0 }],
  };
}

/** Pauses or goes on. */
export function toggle(deck: Deck, now: number): Step {
  if (!deck.choice) return { deck, acts: [] };
  const positionMs = positionAt(deck, now);
  return {
    deck: { ...deck, playing: !deck.playing, positionMs, at: now },
    acts: [act(deck, deck.playing ? 'pause' : 'play', now)],
  };
}

export function seek(deck: Deck, toMs: number, now: number): Step {
  if (!deck.choice) return { deck, acts: [] };
  const positionMs = Math.max(0, Math.min(deck.choice.lengthMs, Math.round(toMs)));
  const moved = { ...deck, positionMs, at: now };
  return { deck: moved, acts: [act(moved, 'seek', now)] };
}

export function rate(deck: Deck, rating: Rating, now: number): Step {
  if (!deck.choice) return { deck, acts: [] };
  return { deck: { ...deck, rating }, acts: [act(deck, rating, now)] };
}

function act(deck: Deck, action: Action, now: number): Act {
  return { action, choice: deck.choice!, positionMs: positionAt(deck, now) };
}
