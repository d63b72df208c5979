/** From scores to what is recommended. */
import type { RecommendedTrack } from '../port.ts';
import type { Scores } from './scores.ts';
import type { Situation } from './situation.ts';
import { top } from './top.ts';
import { type Tracks, UNKNOWN } from './tracks.ts';

/** The best allowed ones with a positive score, best first; of two with one score, the one that was known first. */
export function best(scores: Scores, situation: Pick<Situation, 'allows'>, count: number): number[] {
  const before = (a: number, b: number): boolean => {
    const difference = scores.get(a) - scores.get(b);
    return difference > 0 || (difference === 0 && a < b);
  };
  return top(scores.touched, count, before, (track) => scores.get(track) > 0 && situation.allows(track));
}

export function recommended(track: number, score: number, tracks: Tracks): RecommendedTrack {
  const entry: RecommendedTrack = { track_id: tracks.ids.text(track), score };
  const artist = tracks.artist(track);
  const genre = tracks.genre(track);
  if (artist !== UNKNOWN) entry.artist = tracks.artists.text(artist);
  if (genre !== UNKNOWN) entry.genre = tracks.genres.text(genre);
  return entry;
}
