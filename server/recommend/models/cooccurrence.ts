/** What came after the session's last tracks, by decayed, directed counts (`successors.ts`). */
import type { CooccurrenceOptions } from './options.ts';
import { evidence, type Scorer } from './scorer.ts';
import type { Scores } from './scores.ts';
import type { Situation } from './situation.ts';
import { ENTRY_WORDS, type Successors } from './successors.ts';

/** So many successions, seen now, are half of certainty. */
const HALF_SURE = 10;

export class Cooccurrence implements Scorer {
  private readonly successors: Successors;
  private readonly options: CooccurrenceOptions;

  constructor(successors: Successors, options: CooccurrenceOptions) {
    this.successors = successors;
    this.options = options;
  }

  score({ heard, at }: Situation, into: Scores): number {
    let seen = 0;
    for (const { track, position, weight } of heard.slice(0, this.options.lookback)) {
      const share = weight * this.options.positionDecay ** position;
      if (share > 0) seen += share * this.follow(track, share, into);
    }
    return evidence(seen * this.successors.decay.factor(at), HALF_SURE);
  }

  /** Shares `share` out among the track's successors. Answers how much was ever seen after it. */
  private follow(track: number, share: number, into: Scores): number {
    const count = this.successors.count(track);
    if (count === 0) return 0;
    const words = this.successors.words(track);
    const weights = this.successors.weights(track);
    const start = this.successors.start(track);
    const total = this.successors.total(track);
    for (let i = start; i < start + count * ENTRY_WORDS; i += ENTRY_WORDS) {
      into.add(words[i]!, (share * weights[i + 1]!) / total);
    }
    return total;
  }
}
