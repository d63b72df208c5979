/**
 * All models of one tenant: one store of sessions, tracks, successions and plays, learned once for all, and a scorer per model that reads it.
 *
 * What counts: a `play` adds its track to the session, to what followed, and to what is popular; `listen`, `complete` and `like` do where no
 * play came before. `skip` and `dislike` mark the track in its session, take the succession back and count against its popularity.
 * `complete` and `like` count once more for popularity. A session is a session id of a user. An event that is older than its session's
 * newest adds its track to the session, but to no succession: what it came after is not known any more.
 */
import { type Signal, signalOf } from '../../features/signal.ts';
import type { ConsumedEvent } from '../../processor/projection.ts';
import type { Model, ModelName, Prediction, Query, RecommendedTrack } from '../port.ts';
import { Blend } from './blend.ts';
import { Column } from './column.ts';
import { Content } from './content.ts';
import { Cooccurrence } from './cooccurrence.ts';
import { DEFAULT_OPTIONS, type ModelOptions } from './options.ts';
import { Plays } from './plays.ts';
import { Popularity } from './popularity.ts';
import { Postings } from './postings.ts';
import { Preference } from './preference.ts';
import { best, recommended } from './rank.ts';
import { RETURN_DEPTH, Returns } from './returns.ts';
import type { Scorer } from './scorer.ts';
import { Scratch } from './scratch.ts';
import { SessionKnn } from './session-knn.ts';
import { NO_TRACK, Sessions } from './sessions.ts';
import { situationOf } from './situation.ts';
import { SnapshotError, SnapshotReader, SnapshotWriter } from './snapshot.ts';
import { Successors } from './successors.ts';
import { top } from './top.ts';
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
  private readonly tracks = new Tracks();
  private readonly store: Sessions;
  private readonly postings: Postings;
  /** In how many of the sessions that are there each track occurs. */
  private readonly frequency = new Column(Uint32Array);
  private readonly successors: Successors;
  private readonly plays: Plays;
  private readonly returns = new Returns();
  private readonly scorers: Record<ModelName, Scorer>;

  /** Models in one thread may share their scratch. */
  constructor(options: Partial<ModelOptions> = {}, scratch = new Scratch()) {
    this.options = { ...DEFAULT_OPTIONS, ...options };
    this.scratch = scratch;
    const { options: chosen } = this;
    this.store = new Sessions(chosen.maxSessions);
    this.postings = new Postings(chosen.knn.postings, this.store);
    this.successors = new Successors(chosen.cooccurrence.successors, chosen.cooccurrence.halfLifeMs);
    this.plays = new Plays(this.tracks, chosen.popularityHalfLifeMs);
    const cooccurrence = new Cooccurrence(this.successors, chosen.cooccurrence);
    const single = {
      session_knn: new SessionKnn(this.store, this.postings, this.frequency, chosen.knn, scratch.knn),
      cooccurrence,
      popularity: new Popularity(this.plays),
      content: new Content(this.tracks, this.plays),
      preference: new Preference(this.tracks, this.plays),
    };
    const all = { ...single, walk: new Walk(cooccurrence, this.successors, scratch.step), return: this.returns };
    const parts = (Object.keys(all) as (keyof typeof all)[]).map((name) => ({ name, scorer: all[name] }));
    this.scorers = { ...single, blend: new Blend(parts, chosen.blend, scratch.part) };
  }

  /** An event of this tenant; each is told once, for all models. */
  learn({ event }: ConsumedEvent): void {
    const signal = signalOf(event);
    if (signal !== null) this.learnSignal(signal);
  }

  learnSignal(signal: Signal): void {
    const { kind } = signal;
    if (kind === 'pause' || kind === 'seek') return;
    if (this.tracks.size >= this.options.maxTracks && this.tracks.ids.find(signal.track) < 0) this.forgetTracks();
    const track = this.learnTrack(signal.track, signal.artist, signal.genre);
    const slot = signal.session === undefined ? -1 : this.sessionOf(signal.user, signal.session);
    if (kind === 'skip' || kind === 'dislike') {
      this.refuse(slot, track, signal.at);
      this.plays.add(track, WORTH[kind], signal.at);
    } else {
      const fresh = kind === 'play' || (slot >= 0 && this.store.indexOf(slot, track) < 0);
      const worth = kind !== 'play' && fresh ? WORTH.play + WORTH[kind] : WORTH[kind];
      if (worth > 0) this.plays.add(track, worth, signal.at);
      if (fresh && slot >= 0) this.append(slot, track, signal.at);
    }
    if (slot >= 0) this.store.touch(slot, signal.at);
  }

  /** What that model recommends; nothing where it knows nothing. */
  predict(model: ModelName, query: Query): Prediction {
    const { total } = this.scratch;
    this.scratch.ensure(this.tracks.size, this.store.size);
    const situation = situationOf(query, this.tracks);
    const confidence = this.scorers[model].score(situation, total);
    this.returns.damp(situation, total);
    const tracks = best(total, situation, query.count).map((track) =>
      recommended(track, total.get(track), this.tracks),
    );
    total.clear();
    return { tracks, confidence: tracks.length === 0 ? 0 : confidence };
  }

  /** One of the models by itself. What it is told, all models of the tenant learn: tell one of them only. */
  model(name: ModelName): Model {
    return {
      name,
      learn: (consumed) => this.learn(consumed),
      predict: (query) => this.predict(name, query),
      memoryBytes: () => this.memoryBytes(),
    };
  }

  /** Artist and genre of a track that perhaps nobody played yet, so that it can be found by them. */
  catalogue(id: string, attributes: { artist?: string; genre?: string }): void {
    if (this.tracks.size >= this.options.maxTracks && this.tracks.ids.find(id) < 0) return;
    this.plays.list(this.learnTrack(id, attributes.artist, attributes.genre));
  }

  /** What was said of a track. */
  describe(id: string): { artist?: string; genre?: string } {
    const track = this.tracks.ids.find(id);
    if (track < 0) return {};
    const { artist, genre } = recommended(track, 0, this.tracks);
    return { artist, genre };
  }

  /** Most played of late, best first; scores are decayed plays at that time. */
  popular(count: number, at: number): RecommendedTrack[] {
    const factor = this.plays.decay.factor(at);
    const before = (a: number, b: number): boolean => this.plays.of(a) > this.plays.of(b);
    const tracks = top(this.plays.top, count, before, (track) => this.plays.of(track) > 0);
    return tracks.map((track) => recommended(track, this.plays.of(track) * factor, this.tracks));
  }

  /** How many sessions there are. */
  get sessions(): number {
    return this.store.size;
  }
  /** How many tracks are known. */
  get trackCount(): number {
    return this.tracks.size;
  }

  /** Of their own structures; what one prediction needs besides is shared by all models of a thread. */
  memoryBytes(): number {
    const parts = [this.tracks, this.store, this.postings, this.successors, this.plays];
    return parts.reduce((sum, part) => sum + part.memoryBytes(), this.frequency.byteLength);
  }

  /**
   * Everything as bytes, with version and checksum. The chunks show live memory: consume the last one before the next event is learned.
   */
  chunks(): Iterable<Uint8Array> {
    const writer = new SnapshotWriter();
    writer.text(JSON.stringify(this.options));
    for (const part of this.parts()) part.save(writer);
    this.frequency.save(writer, this.tracks.size);
    return writer.chunks();
  }

  /**
   * As `chunks` gave them, cut anyhow. Throws SnapshotError: `damaged`, `unknown_version`, or `other_options` where they were made with
   * others; then everything has to be learned anew.
   */
  static load(
    chunks: Iterable<Uint8Array>,
    options: Partial<ModelOptions> = {},
    scratch = new Scratch(),
  ): TenantModels {
    const models = new TenantModels(options, scratch);
    try {
      models.read(new SnapshotReader(chunks));
    } catch (error) {
      if (error instanceof SnapshotError) throw error;
      // Damaged lengths and places show as anything.
      throw new SnapshotError('damaged', `the snapshot is damaged: ${(error as Error).message}`);
    }
    return models;
  }

  private read(reader: SnapshotReader): void {
    if (reader.text() !== JSON.stringify(this.options)) {
      throw new SnapshotError('other_options', 'the snapshot was made with other options');
    }
    for (const part of this.parts()) part.load(reader);
    this.frequency.load(reader);
    reader.end();
    this.ensure();
  }

  private parts() {
    return [this.tracks, this.store, this.postings, this.successors, this.plays, this.returns];
  }

  private learnTrack(id: string, artist: string | undefined, genre: string | undefined): number {
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
    const slot = this.store.find(user, session);
    if (slot >= 0 && this.store.count(slot) < this.options.maxSessionTracks) return slot;
    return this.store.open(user, session, this.leaving);
  }

  private readonly leaving = (slot: number): void => {
    forEachDifferent(this.store, slot, (track) => {
      this.frequency.data[track]!--;
    });
  };

  private append(slot: number, track: number, at: number): void {
    const sessions = this.store;
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

  /** Whether the listener came back to the track, and over how many different ones. */
  private learnReturn(slot: number, track: number): void {
    let different = 0;
    let back = -1;
    for (let i = this.store.count(slot) - 1; i >= 0 && different < RETURN_DEPTH; i--) {
      const each = this.store.track(slot, i);
      if (each === NO_TRACK || lastTracks.indexOf(each) >>> 0 < different) continue;
      if (each === track && back < 0) back = different;
      lastTracks[different++] = each;
    }
    this.returns.learn(back, different);
  }

  /** The track came after what stands before `index` in the session. `sign` -1 takes that back, as far as it is to be taken back. */
  private succeed(slot: number, index: number, track: number, at: number, sign: 1 | -1): void {
    const { window, distanceDecay, backwards } = this.options.cooccurrence;
    let weight = this.successors.decay.weight(at);
    for (let i = index - 1; i >= 0 && i >= index - window; i--, weight *= distanceDecay) {
      const before = this.store.track(slot, i);
      if (before === track || before === NO_TRACK || this.store.isRefused(slot, i)) continue;
      if (sign > 0) {
        this.successors.add(before, track, weight);
        if (backwards > 0) this.successors.add(track, before, weight * backwards);
      } else this.successors.subtract(before, track, weight * TAKEN_BACK);
    }
  }

  /** The listener did not want the track. */
  private refuse(slot: number, track: number, at: number): void {
    if (slot < 0) return;
    const index = this.store.indexOf(slot, track);
    if (index < 0 || this.store.isRefused(slot, index)) return;
    this.store.refuse(slot, index);
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
    this.store.renumberTracks(next);
    this.postings.renumberTracks(next, kept);
    this.successors.renumberTracks(next, kept);
    this.plays.renumberTracks(next, kept);
    this.frequency.renumber(next);
  }
}

const lastTracks = new Int32Array(RETURN_DEPTH);

/** The different tracks of a session, newest first. */
function forEachDifferent(sessions: Sessions, slot: number, visit: (track: number) => void): void {
  const count = sessions.count(slot);
  for (let i = count - 1; i >= 0; i--) {
    const track = sessions.track(slot, i);
    if (track !== NO_TRACK && sessions.indexOf(slot, track) === i) visit(track);
  }
}
