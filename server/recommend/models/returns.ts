/**
 * How often listeners come back to what they had n different tracks ago in the session, learned as it happens. Where nobody does (music that
 * is not repeated) it counts for nothing, where many do (shops) it puts the session's own tracks in front.
 */
import type { Scorer } from './scorer.ts';
import type { Scores } from './scores.ts';
import type { Situation } from './situation.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** What lies further back counts as if it lay here. */
export const RETURN_DEPTH = 16;
/** Chances that are taken to have gone by without a return before any was seen. */
const DOUBT = 50;
/** Where this share comes back, a track of the session counts as much as any other. */
const USUAL = 0.125;
/** After so many chances older ones count half. */
const MEMORY = 100_000;

export class Returns implements Scorer {
  private readonly chances = new Float64Array(RETURN_DEPTH);
  private readonly taken = new Float64Array(RETURN_DEPTH);

  /** Somebody chose again, or not: `back` is how many different tracks lie between (0: the last one again), -1 for a new track. */
  learn(back: number, different: number): void {
    for (let n = 0; n < Math.min(different, RETURN_DEPTH); n++) this.chances[n]!++;
    if (back >= 0) this.taken[Math.min(back, RETURN_DEPTH - 1)]!++;
    if (this.chances[0]! < MEMORY) return;
    for (let n = 0; n < RETURN_DEPTH; n++) {
      this.chances[n]! /= 2;
      this.taken[n]! /= 2;
    }
  }

  /** How likely somebody returns to what was chosen so many different tracks ago. */
  rate(back: number): number {
    const n = Math.min(back, RETURN_DEPTH - 1);
    return this.taken[n]! / (this.chances[n]! + DOUBT);
  }

  /** Takes from the scores of the session's own tracks what is not warranted: neighbours have them all, the session itself above all. */
  damp({ heard }: Situation, scores: Scores): void {
    for (const { track, position } of heard) {
      const score = scores.get(track);
      if (score > 0) scores.multiply(track, Math.min(1, this.rate(position) / USUAL));
    }
  }

  score({ heard }: Situation, into: Scores): number {
    for (const { track, position, weight } of heard) into.add(track, weight * this.rate(position));
    return 0;
  }

  save(writer: SnapshotWriter): void {
    writer.array(this.chances);
    writer.array(this.taken);
  }

  load(reader: SnapshotReader): void {
    this.chances.set(reader.array(Float64Array));
    this.taken.set(reader.array(Float64Array));
  }
}
