/**
 * Cosine similarity between the listener's vector of decayed weights over artists and genres, and each track's vector (1 for its artist, 1
 * for its genre). Of tracks alike, the more popular first. A query for tracks like one takes that track's vector for the listener's.
 */
import type { Plays } from './plays.ts';
import { evidence, type Scorer } from './scorer.ts';
import type { Scores } from './scores.ts';
import type { Situation, Taste } from './situation.ts';
import { type Tracks, UNKNOWN } from './tracks.ts';

/** Candidates are the tracks of so many of the favourite artists and genres. */
const FAVOURITE_ARTISTS = 24;
const FAVOURITE_GENRES = 4;
/** How far popularity may move a track within those that are about as similar. */
const POPULARITY_SHARE = 0.1;
/** Weights that add up to this are half of certainty. */
const HALF_SURE = 10;

export class Preference implements Scorer {
  private readonly tracks: Tracks;
  private readonly plays: Plays;

  constructor(tracks: Tracks, plays: Plays) {
    this.tracks = tracks;
    this.plays = plays;
  }

  score(situation: Situation, into: Scores): number {
    const { artists, genres } = this.vector(situation);
    let norm = 0;
    let mass = 0;
    for (const weight of [...artists.values(), ...genres.values()]) {
      norm += weight * weight;
      mass += Math.abs(weight);
    }
    if (norm === 0) return 0;
    const length = Math.sqrt(norm);
    const add = (track: number): void => {
      if (into.has(track)) return;
      const artist = this.tracks.artist(track);
      const genre = this.tracks.genre(track);
      const dot = (artists.get(artist) ?? 0) + (genres.get(genre) ?? 0);
      const own = Math.sqrt((artist === UNKNOWN ? 0 : 1) + (genre === UNKNOWN ? 0 : 1));
      if (dot > 0) into.add(track, (dot / (length * own)) * (1 + POPULARITY_SHARE * this.fame(track)));
    };
    for (const artist of favourites(artists, FAVOURITE_ARTISTS)) this.plays.topOfArtist(artist).forEach(add);
    for (const genre of favourites(genres, FAVOURITE_GENRES)) this.plays.topOfGenre(genre).forEach(add);
    return evidence(mass, HALF_SURE);
  }

  private vector({ artists, genres, heard }: Situation): { artists: Map<number, number>; genres: Map<number, number> } {
    const asMap = (taste: Taste) => new Map(taste.map(({ number, weight }) => [number, weight]));
    if (artists.length + genres.length > 0) return { artists: asMap(artists), genres: asMap(genres) };
    const vector = { artists: new Map<number, number>(), genres: new Map<number, number>() };
    for (const { track, weight } of heard) {
      const artist = this.tracks.artist(track);
      const genre = this.tracks.genre(track);
      if (artist !== UNKNOWN) vector.artists.set(artist, (vector.artists.get(artist) ?? 0) + weight);
      if (genre !== UNKNOWN) vector.genres.set(genre, (vector.genres.get(genre) ?? 0) + weight);
    }
    return vector;
  }

  /** 0 to 1: how popular the track is beside the most popular one. */
  private fame(track: number): number {
    return this.plays.most === 0 ? 0 : Math.min(1, Math.sqrt(this.plays.of(track) / this.plays.most));
  }
}

function favourites(weights: ReadonlyMap<number, number>, count: number): number[] {
  const liked = [...weights].filter(([, weight]) => weight > 0);
  return liked
    .sort((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([number]) => number);
}
