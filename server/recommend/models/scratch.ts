import { Scores } from './scores.ts';
import { KnnScratch } from './session-knn.ts';

/** Room for one prediction at a time; the models of all tenants in a thread share it. */
export class Scratch {
  /** By track: the sum of all parts, one part, and the first of a walk's two steps. */
  readonly total = new Scores();
  readonly part = new Scores();
  readonly step = new Scores();
  /** By slot of a session. */
  readonly knn = new KnnScratch();

  ensure(tracks: number, sessions: number): void {
    for (const scores of [this.total, this.part, this.step]) scores.ensure(tracks);
    this.knn.ensure(sessions);
  }

  memoryBytes(): number {
    const scores = [this.total, this.part, this.step].reduce((sum, scores) => sum + scores.memoryBytes(), 0);
    return scores + this.knn.memoryBytes();
  }
}
