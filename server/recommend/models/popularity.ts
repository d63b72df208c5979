/** What is played most of late: overall, or of the artists and genres that the list is narrowed to. */
import type { Plays } from './plays.ts';
import type { Scorer } from './scorer.ts';
import type { Scores } from './scores.ts';
import type { Situation } from './situation.ts';

/** It knows nothing of this listener. */
const CONFIDENCE = 0.05;

export class Popularity implements Scorer {
  private readonly plays: Plays;

  constructor(plays: Plays) {
    this.plays = plays;
  }

  score({ onlyArtists, onlyGenres }: Situation, into: Scores): number {
    if (onlyArtists !== null) for (const artist of onlyArtists) this.add(this.plays.topOfArtist(artist), into);
    else if (onlyGenres !== null) for (const genre of onlyGenres) this.add(this.plays.topOfGenre(genre), into);
    else this.add(this.plays.top, into);
    return into.touched.length > 0 ? CONFIDENCE : 0;
  }

  private add(tracks: readonly number[], into: Scores): void {
    for (const track of tracks) into.add(track, this.plays.of(track) / this.plays.total);
  }
}
