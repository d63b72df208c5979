/**
 * Tracks like those of the session by what the catalogue says: of the same artists and genres, the more popular first. The profile is each
 * artist's and genre's share of the session, later tracks weighing more; what was skipped early counts against its artist.
 */
import type { Plays } from './plays.ts';
import { evidence, type Scorer } from './scorer.ts';
import type { Scores } from './scores.ts';
import type { Situation } from './situation.ts';
import { type Tracks, UNKNOWN } from './tracks.ts';

/** The track n before the last one counts this to the n. */
const POSITION_DECAY = 0.8;
/** What an artist counts and what a genre counts: an artist says much more. */
const ARTIST_WEIGHT = 1;
const GENRE_WEIGHT = 0.1;
const SKIPPED = -0.5;
/** So many tracks of known artists are half of certainty. */
const HALF_SURE = 5;

export class Content implements Scorer {
  private readonly tracks: Tracks;
  private readonly plays: Plays;

  constructor(tracks: Tracks, plays: Plays) {
    this.tracks = tracks;
    this.plays = plays;
  }

  score({ heard }: Situation, into: Scores): number {
    const artists = new Map<number, number>();
    const genres = new Map<number, number>();
    let known = 0;
    for (const { track, position, weight } of heard) {
      const share = (weight > 0 ? weight : SKIPPED) * POSITION_DECAY ** position;
      const artist = this.tracks.artist(track);
      const genre = this.tracks.genre(track);
      if (artist !== UNKNOWN) artists.set(artist, (artists.get(artist) ?? 0) + share);
      if (genre !== UNKNOWN) genres.set(genre, (genres.get(genre) ?? 0) + Math.max(0, share));
      if (artist !== UNKNOWN || genre !== UNKNOWN) known += Math.max(0, weight);
    }
    this.spread(artists, ARTIST_WEIGHT, (artist) => this.plays.topOfArtist(artist), into);
    this.spread(genres, GENRE_WEIGHT, (genre) => this.plays.topOfGenre(genre), into);
    return evidence(known, HALF_SURE);
  }

  /** Shares the weights out among the tracks of each group, by their popularity within it. */
  private spread(
    profile: ReadonlyMap<number, number>,
    weight: number,
    tracksOf: (number: number) => readonly number[],
    into: Scores,
  ): void {
    let sum = 0;
    for (const share of profile.values()) sum += Math.abs(share);
    if (sum === 0) return;
    for (const [group, share] of profile) {
      const tracks = tracksOf(group);
      let plays = 0;
      for (const track of tracks) plays += this.plays.of(track);
      // What nobody played yet counts as if it had a hundredth of the plays of one of its kind.
      const unheard = plays > 0 ? plays / (tracks.length * 100) : 1;
      const whole = plays + unheard * tracks.length;
      for (const track of tracks) into.add(track, (weight * share * (this.plays.of(track) + unheard)) / (sum * whole));
    }
  }
}
