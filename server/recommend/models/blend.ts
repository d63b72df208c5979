/**
 * The default model: every other model's scores as shares of 1, weighted and added up. Each is a guess at how likely a track comes next, so that
 * the sum is one too. Popularity is always part of it, with little weight: it fills the list where the others know too little.
 */
import type { BlendWeights } from './options.ts';
import type { Scorer } from './scorer.ts';
import type { Scores } from './scores.ts';
import type { Situation } from './situation.ts';

export interface Part {
  name: keyof BlendWeights;
  scorer: Scorer;
}

/** Their scores are likelihoods as they are; an artist's tracks count less where only the genre is known. */
const LIKELIHOODS: ReadonlySet<string> = new Set(['return', 'content']);

export class Blend implements Scorer {
  private readonly parts: readonly Part[];
  private readonly weights: BlendWeights;
  private readonly scratch: Scores;

  constructor(parts: readonly Part[], weights: BlendWeights, scratch: Scores) {
    this.parts = parts;
    this.weights = weights;
    this.scratch = scratch;
  }

  score(situation: Situation, into: Scores): number {
    const { scratch } = this;
    let unsure = 1;
    for (const { name, scorer } of this.parts) {
      const weight = this.weights[name];
      if (weight === 0) continue;
      unsure *= 1 - scorer.score(situation, scratch);
      let sum = 0;
      for (const track of scratch.touched) sum += Math.max(0, scratch.get(track));
      const share = LIKELIHOODS.has(name) ? weight : weight / sum;
      for (const track of scratch.touched) {
        const score = scratch.get(track);
        if (sum > 0 && score !== 0) into.add(track, share * score);
      }
      scratch.clear();
    }
    return 1 - unsure;
  }
}
