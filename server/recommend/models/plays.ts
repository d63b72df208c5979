/** How much each track is played of late, with the most played of all, of each artist and of each genre. */
import { Column } from './column.ts';
import { ForwardDecay } from './decay.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';
import { TopTracks } from './top-tracks.ts';
import { type Tracks, UNKNOWN } from './tracks.ts';

/** How many are kept in order for each list: enough to leave some out by filters and still fill a list of 100. */
const TOP_OVERALL = 512;
const TOP_OF_GENRE = 256;
const TOP_OF_ARTIST = 64;
/** What a list's own object, array and map entry cost, bytes; what a number in it costs. */
const LIST_BYTES = 160;
const ENTRY_BYTES = 8;

export class Plays {
  readonly decay: ForwardDecay;
  private readonly tracks: Tracks;
  private readonly weights = new Column(Float64Array);
  /** Sum of all weights, also of what was taken away by forgetting tracks. */
  private sum = 0;
  /** No track has more than this. */
  most = 0;
  private readonly overall: TopTracks;
  private readonly ofArtist: TopTracks[] = [];
  private readonly ofGenre: TopTracks[] = [];

  constructor(tracks: Tracks, halfLifeMs: number) {
    this.tracks = tracks;
    this.decay = new ForwardDecay(halfLifeMs, (factor) => this.scale(factor));
    this.overall = new TopTracks(TOP_OVERALL, this.popularity);
  }

  ensure(tracks: number): void {
    this.weights.ensure(tracks);
  }

  /** `amount` plays at that time; negative takes away, never below zero. */
  add(track: number, amount: number, at: number): void {
    const change = amount * this.decay.weight(at);
    const before = this.weights.data[track]!;
    const after = Math.max(0, before + change);
    this.weights.data[track] = after;
    this.sum = Math.max(0, this.sum + after - before);
    this.most = Math.max(this.most, after);
    for (const list of this.listsOf(track)) {
      if (after > before) list.raise(track);
      else list.lower(track);
    }
  }

  /** Makes a track that nobody played part of its artist's and genre's lists. */
  list(track: number): void {
    for (const list of this.listsOf(track)) if (list !== this.overall) list.raise(track);
  }

  /** The catalogue names another artist, or genre, for the track than before. */
  leaveArtist(track: number, before: number): void {
    this.ofArtist[before]?.remove(track);
  }
  leaveGenre(track: number, before: number): void {
    this.ofGenre[before]?.remove(track);
  }

  /** In proportion to decayed plays; comparable between tracks only. */
  of(track: number): number {
    return this.weights.data[track]!;
  }
  get total(): number {
    return this.sum;
  }

  /** The most played, in no particular order. */
  get top(): readonly number[] {
    return this.overall.tracks;
  }
  topOfArtist(artist: number): readonly number[] {
    return this.ofArtist[artist]?.tracks ?? [];
  }
  topOfGenre(genre: number): readonly number[] {
    return this.ofGenre[genre]?.tracks ?? [];
  }

  /** New numbers for tracks; the tracks' artists and genres may have new ones too. */
  renumberTracks(next: Int32Array, kept: number): void {
    this.weights.renumber(next);
    this.overall.fill([]);
    this.ofArtist.length = 0;
    this.ofGenre.length = 0;
    this.sum = 0;
    for (let track = 0; track < kept; track++) {
      this.sum += this.of(track);
      for (const list of this.listsOf(track)) list.raise(track);
    }
  }

  memoryBytes(): number {
    let bytes = this.weights.byteLength;
    for (const list of [this.overall, ...this.ofArtist, ...this.ofGenre]) {
      if (list !== undefined) bytes += LIST_BYTES + list.tracks.length * ENTRY_BYTES;
    }
    return bytes;
  }

  save(writer: SnapshotWriter): void {
    this.decay.save(writer);
    writer.number(this.sum);
    writer.number(this.most);
    this.weights.save(writer, this.tracks.size);
    // As the heaps stand: what is popular enough to be in them depends on the order of events.
    for (const lists of [[this.overall], this.ofArtist, this.ofGenre]) {
      writer.array(Uint32Array.from({ length: lists.length }, (_, i) => lists[i]?.tracks.length ?? 0));
      writer.array(Uint32Array.from([...lists].flatMap((list) => list?.tracks ?? [])));
    }
  }

  load(reader: SnapshotReader): void {
    this.decay.load(reader);
    this.sum = reader.number();
    this.most = reader.number();
    this.weights.load(reader);
    this.loadLists(reader, [this.overall], TOP_OVERALL);
    this.loadLists(reader, this.ofArtist, TOP_OF_ARTIST);
    this.loadLists(reader, this.ofGenre, TOP_OF_GENRE);
  }

  private loadLists(reader: SnapshotReader, lists: TopTracks[], limit: number): void {
    const lengths = reader.array(Uint32Array);
    const tracks = reader.array(Uint32Array);
    let from = 0;
    for (let n = 0; n < lengths.length; n++) {
      this.listAt(lists, n, limit).restore(tracks.subarray(from, from + lengths[n]!));
      from += lengths[n]!;
    }
  }

  private readonly popularity = (): Float64Array => this.weights.data;

  private listsOf(track: number): TopTracks[] {
    const lists = [this.overall];
    const artist = this.tracks.artist(track);
    const genre = this.tracks.genre(track);
    if (artist !== UNKNOWN) lists.push(this.listAt(this.ofArtist, artist, TOP_OF_ARTIST));
    if (genre !== UNKNOWN) lists.push(this.listAt(this.ofGenre, genre, TOP_OF_GENRE));
    return lists;
  }

  private listAt(lists: TopTracks[], number: number, limit: number): TopTracks {
    while (lists.length <= number) lists.push(new TopTracks(limit, this.popularity));
    return lists[number]!;
  }

  private scale(factor: number): void {
    this.sum *= factor;
    this.most *= factor;
    const { data } = this.weights;
    for (let track = 0; track < data.length; track++) data[track]! *= factor;
  }
}
