/** How much each track is played of late, with the most played of all, of each artist and of each genre. */
import { Column } from './column.ts';
import { ForwardDecay } from './decay.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';
import { NOBODY, TopTracks } from './top-tracks.ts';
import { type Tracks, UNKNOWN } from './tracks.ts';

/** How many are kept for each list: enough to leave some out by filters and still fill a list of 100. */
const TOP_OVERALL = 512;
const TOP_OF_GENRE = 256;
const TOP_OF_ARTIST = 64;
/** What a list's own objects cost, bytes; what an entry in it costs. */
const LIST_BYTES = 240;
const ENTRY_BYTES = 16;
/** Marks of a track that is in the list of all, of its artist, of its genre. */
const OVERALL = 1;
const OF_ARTIST = 2;
const OF_GENRE = 4;

export class Plays {
  readonly decay: ForwardDecay;
  private readonly tracks: Tracks;
  private readonly weights = new Column(Float64Array);
  private readonly marks = new Column(Uint8Array);
  private sum = 0;
  /** No track has more than this. */
  most = 0;
  private readonly overall = new TopTracks(TOP_OVERALL);
  private readonly ofArtist: TopTracks[] = [];
  private readonly ofGenre: TopTracks[] = [];

  constructor(tracks: Tracks, halfLifeMs: number) {
    this.tracks = tracks;
    this.decay = new ForwardDecay(halfLifeMs, (factor) => this.scale(factor));
  }

  ensure(tracks: number): void {
    this.weights.ensure(tracks);
    this.marks.ensure(tracks);
  }

  /** `amount` plays at that time; negative takes away, never below zero. */
  add(track: number, amount: number, at: number): void {
    const change = amount * this.decay.weight(at);
    const before = this.weights.data[track]!;
    const after = Math.max(0, before + change);
    this.weights.data[track] = after;
    this.sum = Math.max(0, this.sum + after - before);
    this.most = Math.max(this.most, after);
    if (after <= before) return;
    this.list(track);
    if ((this.marks.data[track]! & OVERALL) === 0) this.offer(this.overall, track, OVERALL);
  }

  /** Makes a track, also one that nobody played, part of its artist's and genre's lists. */
  list(track: number): void {
    const marks = this.marks.data[track]!;
    const artist = this.tracks.artist(track);
    const genre = this.tracks.genre(track);
    if ((marks & OF_ARTIST) === 0 && artist !== UNKNOWN) {
      this.offer(listAt(this.ofArtist, artist, TOP_OF_ARTIST), track, OF_ARTIST);
    }
    if ((marks & OF_GENRE) === 0 && genre !== UNKNOWN) {
      this.offer(listAt(this.ofGenre, genre, TOP_OF_GENRE), track, OF_GENRE);
    }
  }

  /** The catalogue names another artist, or genre, for the track than before. */
  leaveArtist(track: number, before: number): void {
    this.ofArtist[before]?.remove(track);
    this.marks.data[track]! &= ~OF_ARTIST;
  }
  leaveGenre(track: number, before: number): void {
    this.ofGenre[before]?.remove(track);
    this.marks.data[track]! &= ~OF_GENRE;
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
    this.marks.data.fill(0);
    this.overall.clear();
    this.ofArtist.length = 0;
    this.ofGenre.length = 0;
    this.sum = 0;
    for (let track = 0; track < kept; track++) {
      this.sum += this.of(track);
      this.list(track);
      this.offer(this.overall, track, OVERALL);
    }
  }

  memoryBytes(): number {
    let bytes = this.weights.byteLength + this.marks.byteLength;
    for (const list of this.lists()) bytes += LIST_BYTES + list.tracks.length * ENTRY_BYTES;
    return bytes;
  }

  save(writer: SnapshotWriter): void {
    this.decay.save(writer);
    writer.number(this.sum);
    writer.number(this.most);
    this.weights.save(writer, this.tracks.size);
    this.marks.save(writer, this.tracks.size);
    writer.number(this.ofArtist.length);
    writer.number(this.ofGenre.length);
    for (const list of this.lists()) list.save(writer);
  }

  load(reader: SnapshotReader): void {
    this.decay.load(reader);
    this.sum = reader.number();
    this.most = reader.number();
    this.weights.load(reader);
    this.marks.load(reader);
    const artists = reader.number();
    const genres = reader.number();
    if (artists > this.tracks.artists.size || genres > this.tracks.genres.size)
      throw new Error('more lists than names');
    if (artists > 0) listAt(this.ofArtist, artists - 1, TOP_OF_ARTIST);
    if (genres > 0) listAt(this.ofGenre, genres - 1, TOP_OF_GENRE);
    for (const list of this.lists()) list.load(reader);
  }

  private offer(list: TopTracks, track: number, mark: number): void {
    const gone = list.offer(track, this.weights.data);
    if (gone === track) return;
    this.marks.data[track]! |= mark;
    if (gone !== NOBODY) this.marks.data[gone]! &= ~mark;
  }

  private lists(): TopTracks[] {
    return [this.overall, ...this.ofArtist, ...this.ofGenre];
  }

  private scale(factor: number): void {
    this.sum *= factor;
    this.most *= factor;
    const { data } = this.weights;
    for (let track = 0; track < data.length; track++) data[track]! *= factor;
    for (const list of this.lists()) list.scale(factor);
  }
}

function listAt(lists: TopTracks[], number: number, limit: number): TopTracks {
  while (lists.length <= number) lists.push(new TopTracks(limit));
  return lists[number]!;
}
