/** Tracks as people know them, by title and artist, for whoever shows them: from the file of `GAPLESS_CATALOGUE`, or made up. */
import { catalogueCsv, makeCatalogue } from '../../loadtest/listeners/index.ts';
import { loadCatalogue } from '../../workers/catalogue.ts';

export interface ListedTrack {
  id: string;
  title?: string;
  artist?: string;
  genre?: string;
  duration_ms?: number;
}

/** Those of a larger catalogue beyond these are not listed: 200,000 take about 50 MB. */
const LISTED_MAX = 200_000;
/** The made-up catalogue; a demo's listeners hear what is in it. */
export const MADE_UP = { seed: 1, tracks: 600 };

export class TrackList {
  /** Nobody's real tracks. */
  readonly madeUp: boolean;
  private readonly tracks: readonly ListedTrack[];
  private readonly byId: ReadonlyMap<string, ListedTrack>;

  constructor(tracks: readonly ListedTrack[], madeUp: boolean) {
    this.tracks = tracks;
    this.madeUp = madeUp;
    this.byId = new Map(tracks.map((track) => [track.id, track]));
  }

  get size(): number {
    return this.tracks.length;
  }

  /** So many, taken evenly over the whole list: neighbours are often of one artist. The same each time. */
  spread(count: number): ListedTrack[] {
    const taken = Math.min(count, this.size);
    return Array.from({ length: taken }, (_, i) => this.tracks[Math.floor((i * this.size) / taken)]!);
  }

  /** Those that are known, in the order of the ids. */
  named(ids: readonly string[]): ListedTrack[] {
    return ids.flatMap((id) => this.byId.get(id) ?? []);
  }
}

/** Without a file the made-up one. Throws CatalogueError. */
export function openTrackList(path: string | undefined): TrackList {
  if (path === undefined) return new TrackList(makeCatalogue(MADE_UP).tracks, true);
  const listed: ListedTrack[] = [];
  for (const [id, track] of loadCatalogue(path, { titles: true }).all()) {
    if (listed.length === LISTED_MAX) break;
    listed.push({ id, ...track });
  }
  return new TrackList(listed, false);
}

/** The made-up catalogue as a file, so that events and lists know it as well. */
export function madeUpCsv(): string {
  return [...catalogueCsv(makeCatalogue(MADE_UP).tracks)].join('');
}
