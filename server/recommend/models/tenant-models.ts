/**
 * All models of one tenant: one store of sessions, tracks, successions and plays, learned once for all, and a scorer per model that reads it.
 *
 * What counts: a `play` adds its track to the session, to what followed, and to what is popular; `listen`, `complete` and `like` do where no
 * play came before. `skip` and `dislike` mark the track in its session, take the succession back and count against its popularity.
 * `complete` and `like` count once more for popularity. A session is a session id of a user. An event that is older than its session's
 * newest adds its track to the session, but to no succession: what it came after is not known any more.
 */
import type { Signal } from '../../features/signal.ts';
import { MODELS, type ModelName, type Prediction, type Query } from '../port.ts';
import { Blend } from './blend.ts';
import { Column } from './column.ts';
import { Content } from './content.ts';
import { Cooccurrence } from './cooccurrence.ts';
import type { ModelOptions } from './options.ts';
import { Plays } from './plays.ts';
import { Popularity } from './popularity.ts';
import { Postings } from './postings.ts';
import { Preference } from './preference.ts';
import { best, recommended } from './rank.ts';
import { Returns } from './returns.ts';
import type { Scorer } from './scorer.ts';
import type { Scratch } from './scratch.ts';
import { SessionKnn } from './session-knn.ts';
import { NO_TRACK, Sessions } from './sessions.ts';
import { situationOf } from './situation.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';
import { Successors } from './successors.ts';
import { Tracks, UNKNOWN } from './tracks.ts';
import { Walk } from './walk.ts';

/** What an event counts for popularity, in plays. */
const WORTH = { play: 1, listen: 0, complete: 0.5, like: 1, skip: -0.75, dislike: -1 } as const;
/** How much of a succession a skip takes back. */
const TAKEN_BACK = 0.8;
/** Of the tracks, the share that goes when there are too many. */
const FORGOTTEN_SHARE = 0.25;

export class TenantModels {
  private readonly options: ModelOptions;
  private readonly scratch: Scratch;
  readonly tracks = new Tracks();
  readonly sessions: Sessions;
  private readonly postings: Postings;
  /** In how many of the sessions that are there each track occurs. */
  private readonly frequency = new Column(Uint32Array);
  private readonly successors: Successors;
  private readonly plays: Plays;
  private readonly returns = new Returns();
  private readonly scorers: Record<ModelName, Scorer>;

  constructor(options: ModelOptions, scratch: Scratch) {
    this.options = options;
    this.scratch = scratch;
    this.sessions = new Sessions(options.maxSessions);
    this.postings = new Postings(options.knn.postings, this.sessions);
    this.successors = new Successors(options.cooccurrence.successors, options.cooccurrence.halfLifeMs);
    this.plays = new Plays(this.tracks, options.popularityHalfLifeMs);
    const cooccurrence = new Cooccurrence(this.successors, options.cooccurrence);
    const single = {
      session_knn: new SessionKnn(this.sessions, this.postings, this.frequency, options.knn, scratch.knn),
      cooccurrence,
      popularity: new Popularity(this.plays),
      content: new Content(this.tracks, this.plays),
      preference: new Preference(this.tracks, this.plays),
    };
    const all = { ...single, walk: new Walk(cooccurrence, this.successors, scratch.step), return: this.returns };
    const parts = (Object.keys(all) as (keyof typeof all)[]).map((name) => ({ name, scorer: all[name] }));
    this.scorers = { ...single, blend: new Blend(parts, options.blend, scratch.part) };
  }

  learn(signal: Signal): void {
    const { kind } = signal;
    if (kind === 'pause' || kind === 'seek') return;
    if (this.tracks.size >= this.options.maxTracks && this.tracks.ids.find(signal.track) < 0) this.forgetTracks();
    const track = this.learnTrack(signal);
    const slot = signal.session === undefined ? -1 : this.sessionOf(signal.user, signal.session);
    if (kind === 'skip' || kind === 'dislike') {
      this.refuse(slot, track, signal.at);
      this.plays.add(track, WORTH[kind], signal.at);
    } else {
      const fresh = kind === 'play' || (slot >= 0 && this.sessions.indexOf(slot, track) < 0);
      const worth = kind !== 'play' && fresh ? WORTH.play + WORTH[kind] : WORTH[kind];
      if (worth > 0) this.plays.add(track, worth, signal.at);
      if (fresh && slot >= 0) this.append(slot, track, signal.at);
    }
    if (slot >= 0) this.sessions.touch(slot, signal.at);
  }

  /** What that model recommends; nothing where it knows nothing. */
  predict(model: ModelName, query: Query): Prediction {
    const { total } = this.scratch;
    this.scratch.ensure(this.tracks.size, this.sessions.size);
    const situation = situationOf(query, this.tracks);
    const confidence = this.scorers[model].score(situation, total);
    const tracks = best(total, situation, query.count).map((track) => recommended(track, total.get(track), this.tracks));
    total.clear();
    return { tracks, confidence: tracks.length === 0 ? 0 : confidence };
  }

  memoryBytes(): number {
    const parts = [this.tracks, this.sessions, this.postings, this.successors, this.plays];
    return parts.reduce((sum, part) => sum + part.memoryBytes(), this.frequency.byteLength);
  }

  save(writer: SnapshotWriter): void {
    for (const part of this.parts()) part.save(writer);
    this.frequency.save(writer, this.tracks.size);
  }

  load(reader: SnapshotReader): void {
    for (const part of this.parts()) part.load(reader);
    this.frequency.load(reader);
    this.ensure();
  }

  private parts() {
    return [this.tracks, this.sessions, this.postings, this.successors, this.plays, this.returns];
  }

  private learnTrack({ track: id, artist, genre }: Signal): number {
    const { tracks } = this;
    const known = tracks.ids.find(id);
    const artistBefore = known < 0 ? UNKNOWN : tracks.artist(known);
    const genreBefore = known < 0 ? UNKNOWN : tracks.genre(known);
    const track = tracks.learn(id, artist, genre);
    if (known < 0) this.ensure();
    if (artistBefore !== UNKNOWN && artistBefore !== tracks.artist(track)) this.plays.leaveArtist(track, artistBefore);
    if (genreBefore !== UNKNOWN && genreBefore !== tracks.genre(track)) this.plays.leaveGenre(track, genreBefore);
    return track;
  }

  private ensure(): void {
    const { size } = this.tracks;
    this.postings.ensure(size);
    this.successors.ensure(size);
    this.plays.ensure(size);
    this.frequency.ensure(size);
  }

  /** The slot of the session; a new one if there is none, or if it is full. */
  private sessionOf(user: string, session: string): number {
    const slot = this.sessions.find(user, session);
    if (slot >= 0 && this.sessions.count(slot) < this.options.maxSessionTracks) return slot;
    return this.sessions.open(user, session, this.leaving);
  }

  private readonly leaving = (slot: number): void => {
    forEachDifferent(this.sessions, slot, (track) => {
      this.frequency.data[track]!--;
    });
  };

  private append(slot: number, track: number, at: number): void {
    const { sessions } = this;
    const count = sessions.count(slot);
    const late = count > 0 && at < sessions.lastAt(slot);
    if (count > 0 && !late) {
      this.learnReturn(slot, track);
      if (sessions.track(slot, count - 1) === track) return;
    }
    if (sessions.indexOf(slot, track) < 0) {
      this.postings.add(track, sessions.serial(slot));
      this.frequency.data[track]!++;
    }
    if (late) sessions.insertBeforeLast(slot, track);
    else {
      this.succeed(slot, count, track, at, 1);
      sessions.append(slot, track);
    }
  }

  private learnReturn(slot: number, track: number): void {
    let different = 0;
    let back = -1;
    forEachDifferent(this.sessions, slot, (each) => {
      if (each === track) back = different;
      different++;
    });
    this.returns.learn(back, different);
  }

  /** The track came after what stands before `index` in the session. `sign` -1 takes that back, as far as it is to be taken back. */
  private succeed(slot: number, index: number, track: number, at: number, sign: 1 | -1): void {
    const { window, distanceDecay, backwards } = this.options.cooccurrence;
    let weight = this.successors.decay.weight(at);
    for (let i = index - 1; i >= 0 && i >= index - window; i--, weight *= distanceDecay) {
      const before = this.sessions.track(slot, i);
      if (before === track || before === NO_TRACK || this.sessions.isRefused(slot, i)) continue;
      if (sign > 0) {
        this.successors.add(before, track, weight);
        if (backwards > 0) this.successors.add(track, before, weight * backwards);
      } else this.successors.subtract(before, track, weight * TAKEN_BACK);
    }
  }

  /** The listener did not want the track. */
  private refuse(slot: number, track: number, at: number): void {
    if (slot < 0) return;
    const index = this.sessions.indexOf(slot, track);
    if (index < 0 || this.sessions.isRefused(slot, index)) return;
    this.sessions.refuse(slot, index);
    this.succeed(slot, index, track, at, -1);
  }

  /** Makes room for new tracks: those that were played least of late go, with everything that was known of them. */
  private forgetTracks(): void {
    const { size } = this.tracks;
    const byPlays = Uint32Array.from({ length: size }, (_, track) => track);
    byPlays.sort((a, b) => this.plays.of(a) - this.plays.of(b) || a - b);
    const next = new Int32Array(size);
    for (let i = 0; i < Math.ceil(size * FORGOTTEN_SHARE); i++) next[byPlays[i]!] = -1;
    let kept = 0;
    for (let track = 0; track < size; track++) if (next[track] === 0) next[track] = kept++;
    this.tracks.renumber(next);
    this.sessions.renumberTracks(next);
    this.postings.renumberTracks(next, kept);
    this.successors.renumberTracks(next, kept);
    this.plays.renumberTracks(next, kept);
    this.frequency.renumber(next);
  }
}

/** The different tracks of a session, newest first. */
function forEachDifferent(sessions: Sessions, slot: number, visit: (track: number) => void): void {
  const count = sessions.count(slot);
  for (let i = count - 1; i >= 0; i--) {
    const track = sessions.track(slot, i);
    if (track !== NO_TRACK && sessions.indexOf(slot, track) === i) visit(track);
  }
}
