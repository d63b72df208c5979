/** The tracks of a tenant, by number: their ids, and artist and genre as far as the catalogue knew them when an event came. */
import { Column } from './column.ts';
import { Interner } from './interner.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** Number of the artist or genre of a track that has none. */
export const UNKNOWN = -1;

export class Tracks {
  readonly ids = new Interner();
  readonly artists = new Interner();
  readonly genres = new Interner();
  /** Number + 1; 0 is unknown. */
  private readonly artistOf = new Column(Uint32Array);
  private readonly genreOf = new Column(Uint32Array);

  get size(): number {
    return this.ids.size;
  }

  /** The number of a track, after what is said of it now. */
  learn(id: string, artist: string | undefined, genre: string | undefined): number {
    const track = this.ids.intern(id);
    this.artistOf.ensure(track + 1);
    this.genreOf.ensure(track + 1);
    if (artist !== undefined) this.artistOf.data[track] = this.artists.intern(artist) + 1;
    if (genre !== undefined) this.genreOf.data[track] = this.genres.intern(genre) + 1;
    return track;
  }

  artist(track: number): number {
    return this.artistOf.data[track]! - 1;
  }
  genre(track: number): number {
    return this.genreOf.data[track]! - 1;
  }

  /** Tracks get new numbers; artists and genres too, so that only those that a track has are left. */
  renumber(next: Int32Array): void {
    this.ids.renumber(next);
    renumberNames(this.artistOf, this.artists, next, this.size);
    renumberNames(this.genreOf, this.genres, next, this.size);
  }

  memoryBytes(): number {
    const names = this.ids.memoryBytes() + this.artists.memoryBytes() + this.genres.memoryBytes();
    return names + this.artistOf.byteLength + this.genreOf.byteLength;
  }

  save(writer: SnapshotWriter): void {
    for (const names of [this.ids, this.artists, this.genres]) names.save(writer);
    this.artistOf.save(writer, this.size);
    this.genreOf.save(writer, this.size);
  }

  load(reader: SnapshotReader): void {
    for (const names of [this.ids, this.artists, this.genres]) names.load(reader);
    this.artistOf.load(reader);
    this.genreOf.load(reader);
  }
}

function renumberNames(of: Column<Uint32Array>, names: Interner, next: Int32Array, kept: number): void {
  of.renumber(next);
  const used = new Int32Array(names.size).fill(-1);
  for (let track = 0; track < kept; track++) if (of.data[track]! > 0) used[of.data[track]! - 1] = 0;
  let count = 0;
  for (let name = 0; name < used.length; name++) if (used[name] === 0) used[name] = count++;
  for (let track = 0; track < kept; track++) if (of.data[track]! > 0) of.data[track] = used[of.data[track]! - 1]! + 1;
  names.renumber(used);
}
