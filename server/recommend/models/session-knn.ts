/**
 * Session-based k nearest neighbours in the manner of VMIS-kNN (Kersbergen, Sprangers, Schelter: Serenade, SIGMOD 2022): each track has a list of its
 * m most recent sessions; a session's similarity is the sum of the weights of the tracks that both share, later ones weighing more; the k
 * most similar sessions vote for their tracks, rare tracks counting more.
 *
 * What is different here: sessions grow while they are read (the index is the log's tail, not a nightly build); m bounds each track's list, not
 * the union, so that a rare last track keeps its few sessions beside a common earlier one; older sessions count less; a track of a neighbour
 * counts less the further it stands from where the neighbour meets the session (as in STAN: Garg et al., SIGIR 2019); and what a neighbour
 * skipped early counts against.
 */
import { Column } from './column.ts';
import type { KnnOptions } from './options.ts';
import type { Postings } from './postings.ts';
import { evidence, type Scorer } from './scorer.ts';
import { Scores } from './scores.ts';
import { MAX_SESSION_TRACKS, NO_TRACK, REFUSED, type Sessions, TRACK_MASK } from './sessions.ts';
import type { Heard, Situation } from './situation.ts';
import { top } from './top.ts';

/** What a track that a neighbour left early counts against itself, of what it would have counted for. */
const REFUSED_SHARE = 0.5;
/** So many neighbours are half of certainty. */
const HALF_SURE = 10;

/** What one prediction needs, by slot; all tenants of a thread can share it. */
export class KnnScratch {
  readonly similarity = new Scores();
  /** The place in `heard` of the latest track that the session shares. */
  readonly met = new Column(Uint8Array);

  ensure(slots: number): void {
    this.similarity.ensure(slots);
    this.met.ensure(slots);
  }

  memoryBytes(): number {
    return this.similarity.memoryBytes() + this.met.byteLength;
  }
}

export class SessionKnn implements Scorer {
  private readonly sessions: Sessions;
  private readonly postings: Postings;
  /** In how many of the sessions that are there a track occurs. */
  private readonly frequency: Column<Uint32Array>;
  private readonly options: KnnOptions;
  private readonly scratch: KnnScratch;
  /** `distanceDecay` to the power of n. */
  private readonly nearness: Float64Array;

  constructor(
    sessions: Sessions,
    postings: Postings,
    frequency: Column<Uint32Array>,
    options: KnnOptions,
    scratch: KnnScratch,
  ) {
    this.sessions = sessions;
    this.postings = postings;
    this.frequency = frequency;
    this.options = options;
    this.scratch = scratch;
    this.nearness = Float64Array.from({ length: MAX_SESSION_TRACKS }, (_, n) => options.distanceDecay ** n);
  }

  score({ heard, at }: Situation, into: Scores): number {
    const { similarity } = this.scratch;
    this.scratch.ensure(this.sessions.size);
    const recent = heard.slice(0, this.options.lookback);
    for (let place = 0; place < recent.length; place++) this.meet(recent[place]!, place);
    const neighbours = this.nearest();
    for (const slot of neighbours) {
      const age = Math.max(0, at - this.sessions.lastAt(slot));
      const weight = similarity.get(slot) * 2 ** (-age / this.options.halfLifeMs);
      this.vote(slot, recent[this.scratch.met.data[slot]!]!.track, weight, into);
    }
    similarity.clear();
    this.favourRare(into);
    return evidence(neighbours.length, HALF_SURE);
  }

  /** Adds to the similarity of the sessions in which the track occurred. */
  private meet({ track, position, weight }: Heard, place: number): void {
    const count = this.postings.count(track);
    const share = weight * this.options.positionDecay ** position;
    if (count === 0 || share === 0) return;
    const { similarity, met } = this.scratch;
    const words = this.postings.words(track);
    const start = this.postings.start(track);
    for (let i = start; i < start + count; i++) {
      const slot = this.sessions.slotOf(words[i]!);
      if (slot >= 0 && similarity.add(slot, share)) met.data[slot] = place;
    }
  }

  /** The slots of the most similar sessions; of two alike, the one that was active last. */
  private nearest(): number[] {
    const { similarity } = this.scratch;
    const { sessions } = this;
    const before = (a: number, b: number): boolean => {
      const difference = similarity.get(a) - similarity.get(b);
      return difference > 0 || (difference === 0 && sessions.lastAt(a) > sessions.lastAt(b));
    };
    return top(similarity.touched, this.options.neighbours, before);
  }

  private vote(slot: number, met: number, weight: number, into: Scores): void {
    const { nearness } = this;
    const center = this.sessions.indexOf(slot, met);
    const words = this.sessions.words(slot);
    const start = this.sessions.start(slot);
    const count = this.sessions.count(slot);
    const before = weight * this.options.backwards;
    for (let i = 0; i < count; i++) {
      const entry = words[start + i]!;
      const track = entry & TRACK_MASK;
      if (track === NO_TRACK) continue;
      const vote = i < center ? before * nearness[center - i]! : weight * nearness[i - center]!;
      into.add(track, (entry & REFUSED) === 0 ? vote : -REFUSED_SHARE * vote);
    }
  }

  /** Multiplies each score by how rare its track is. */
  private favourRare(scores: Scores): void {
    const { rarity } = this.options;
    if (rarity === 0) return;
    const sessions = this.sessions.size + 1;
    for (const track of scores.touched) {
      scores.multiply(track, Math.log(1 + sessions / (1 + this.frequency.data[track]!)) ** rarity);
    }
  }
}
