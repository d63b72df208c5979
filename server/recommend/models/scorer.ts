/** What each model is inside: it gives tracks scores for a situation. */
import type { Scores } from './scores.ts';
import type { Situation } from './situation.ts';

export interface Scorer {
  /**
   * Puts scores of tracks, allowed or not, into what is empty before; what ends at zero or below is not recommended. Answers how much
   * it had to go by, 0 to 1.
   */
  score(situation: Situation, into: Scores): number;
}

/** `seen` pieces of evidence as a number from 0 to 1: a half where there are as many as `half`. */
export function evidence(seen: number, half: number): number {
  return seen / (seen + half);
}
