/**
 * Two steps along successors: what comes after what comes after. It reaches tracks that nobody heard together with the session's, where one
 * step and neighbours know too few.
 */
import { best } from './rank.ts';
import type { Scorer } from './scorer.ts';
import type { Scores } from './scores.ts';
import type { Situation } from './situation.ts';
import { ENTRY_WORDS, type Successors } from './successors.ts';

/** From so many of the first step's tracks the second one goes on. */
const WAYS = 20;
const ANY = { allows: () => true };

export class Walk implements Scorer {
  private readonly first: Scorer;
  private readonly successors: Successors;
  private readonly step: Scores;

  /** `step` is scratch. */
  constructor(first: Scorer, successors: Successors, step: Scores) {
    this.first = first;
    this.successors = successors;
    this.step = step;
  }

  score(situation: Situation, into: Scores): number {
    const confidence = this.first.score(situation, this.step);
    for (const track of best(this.step, ANY, WAYS)) {
      const count = this.successors.count(track);
      if (count === 0) continue;
      const share = this.step.get(track) / this.successors.total(track);
      const words = this.successors.words(track);
      const weights = this.successors.weights(track);
      const start = this.successors.start(track);
      for (let i = start; i < start + count * ENTRY_WORDS; i += ENTRY_WORDS)
        into.add(words[i]!, share * weights[i + 1]!);
    }
    this.step.clear();
    return confidence;
  }
}
