/** A made-up catalogue. Tracks stand by artist, and every track has a popularity; together they follow Zipf's law. */
import { artistName, trackTitle } from './names.ts';
import { Random } from './random.ts';
import { Weights, zipf } from './weights.ts';

export const GENRES = [
  'pop',
  'rock',
  'hip-hop',
  'electronic',
  'jazz',
  'classical',
  'folk',
  'metal',
  'r-and-b',
  'ambient',
];
/** How much of the catalogue each genre takes, and its usual length in seconds. */
const GENRE_SHARE = [24, 18, 16, 14, 6, 5, 7, 4, 9, 3];
const GENRE_SECONDS = [200, 230, 190, 260, 310, 380, 215, 280, 215, 340];
const TRACKS_PER_ARTIST = 12;

export interface Track {
  id: string;
  title: string;
  artist: string;
  genre: string;
  duration_ms: number;
}

export class Catalogue {
  readonly tracks: readonly Track[];
  private readonly popularity: Weights;
  /** For each track, where its artist's tracks begin and end. */
  private readonly artistFrom: Int32Array;
  private readonly artistTo: Int32Array;

  constructor(tracks: readonly Track[], popularity: ArrayLike<number>, artistOf: Int32Array) {
    this.tracks = tracks;
    this.popularity = new Weights(popularity);
    this.artistFrom = new Int32Array(tracks.length);
    this.artistTo = new Int32Array(tracks.length);
    for (let from = 0, to = 0; from < tracks.length; from = to) {
      while (to < tracks.length && artistOf[to] === artistOf[from]) to++;
      this.artistFrom.fill(from, from, to);
      this.artistTo.fill(to, from, to);
    }
  }

  /** The index of a track, by popularity. */
  any(random: Random): number {
    return this.popularity.draw(random);
  }

  /** Another (or the same) track of that track's artist. Since both draws go by popularity, runs of one artist leave Zipf's law intact. */
  sameArtist(random: Random, track: number): number {
    return this.popularity.draw(random, this.artistFrom[track], this.artistTo[track]);
  }
}

export function makeCatalogue(options: { seed: number; tracks: number }): Catalogue {
  const random = new Random(options.seed, 0xca7);
  const count = options.tracks;
  const artists = Math.max(1, Math.round(count / TRACKS_PER_ARTIST));
  const productive = new Weights(zipf(artists, 0.4));
  const artistOf = Int32Array.from({ length: count }, () => productive.draw(random)).sort();
  const popularity = shuffled(zipf(count), random);
  const genreShare = new Weights(GENRE_SHARE);
  const width = Math.max(5, String(count).length);
  const tracks: Track[] = [];
  let name = '';
  let genre = 0;
  for (let index = 0; index < count; index++) {
    if (artistOf[index] !== artistOf[index - 1]) {
      name = artistName(random);
      genre = genreShare.draw(random);
    }
    tracks.push({
      id: `track-${String(index + 1).padStart(width, '0')}`,
      title: trackTitle(random),
      artist: name,
      genre: GENRES[genre]!,
      duration_ms: Math.round(Math.max(45, GENRE_SECONDS[genre]! * random.lognormal(0.25)) * 1000),
    });
  }
  return new Catalogue(tracks, popularity, artistOf);
}

function shuffled(values: Float64Array, random: Random): Float64Array {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

/** The catalogue as CSV lines, header first, as `GAPLESS_CATALOGUE` takes it. */
export function* catalogueCsv(tracks: readonly Track[]): Iterable<string> {
  yield 'id,title,artist,genre,duration_ms\n';
  for (const { id, title, artist, genre, duration_ms } of tracks) {
    yield `${id},${quoted(title)},${quoted(artist)},${genre},${duration_ms}\n`;
  }
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
