/** A query in the numbers of a tenant's models: what the listener did, newest first, and what may be recommended. */
import type { Query } from '../port.ts';
import type { Tracks } from './tracks.ts';

export interface Heard {
  track: number;
  /** How many different tracks came after it in the session. */
  position: number;
  /** How much it speaks for what is like it: 0 for what was skipped early, up to 1. */
  weight: number;
}

/** Names with weights, as numbers; names that no track has are left out. */
export type Taste = readonly { number: number; weight: number }[];

export interface Situation {
  at: number;
  /** Different tracks of the session that the models know, newest first. */
  heard: readonly Heard[];
  artists: Taste;
  genres: Taste;
  /** Whether the track may be in the list. */
  allows(track: number): boolean;
  /** Artists and genres that the list is narrowed to; null for any. */
  onlyArtists: ReadonlySet<number> | null;
  onlyGenres: ReadonlySet<number> | null;
  count: number;
}

export function situationOf(query: Query, tracks: Tracks): Situation {
  const excluded = new Set<number>();
  for (const id of query.exclude) excluded.add(tracks.ids.find(id));
  if (query.similarTo !== undefined) excluded.add(tracks.ids.find(query.similarTo));
  const onlyArtists = numbers(query.filters?.artist, (name) => tracks.artists.find(name));
  const onlyGenres = numbers(query.filters?.genre, (name) => tracks.genres.find(name));
  return {
    at: query.at,
    heard: query.similarTo === undefined ? heardOf(query, tracks) : asked(tracks.ids.find(query.similarTo)),
    artists: query.similarTo === undefined ? taste(query.artists, (name) => tracks.artists.find(name)) : [],
    genres: query.similarTo === undefined ? taste(query.genres, (name) => tracks.genres.find(name)) : [],
    onlyArtists,
    onlyGenres,
    count: query.count,
    allows: (track) =>
      !excluded.has(track) &&
      (onlyArtists === null || onlyArtists.has(tracks.artist(track))) &&
      (onlyGenres === null || onlyGenres.has(tracks.genre(track))),
  };
}

function heardOf({ session }: Query, tracks: Tracks): Heard[] {
  const heard: Heard[] = [];
  const seen = new Set<string>();
  for (let i = session.length - 1; i >= 0; i--) {
    const { track: id, weight } = session[i]!;
    if (seen.has(id)) continue;
    const position = seen.size;
    seen.add(id);
    const track = tracks.ids.find(id);
    // What has just begun (0.5) says nearly as much as what was heard to its end.
    if (track >= 0) heard.push({ track, position, weight: weight > 0 ? (1 + Math.min(1, weight)) / 2 : 0 });
  }
  return heard;
}

function asked(track: number): Heard[] {
  return track < 0 ? [] : [{ track, position: 0, weight: 1 }];
}

function taste(weights: Query['artists'], find: (name: string) => number): Taste {
  return weights.map(([name, weight]) => ({ number: find(name), weight })).filter(({ number }) => number >= 0);
}

/** An empty list is no filter; names that no track has let none through. */
function numbers(names: readonly string[] | undefined, find: (name: string) => number): Set<number> | null {
  return names === undefined || names.length === 0 ? null : new Set(names.map(find).filter((number) => number >= 0));
}
