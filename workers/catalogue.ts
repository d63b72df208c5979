/**
 * Track metadata from a file: CSV with a header line, or NDJSON (`.ndjson`, `.jsonl`). Columns: `id`, `artist`, `genre`, and the length
 * as `duration_ms` or as `duration` in seconds, `title`; all but `id` may be empty. Other columns are left alone. A file with a faulty line
 * is refused whole, with the line's number: half a catalogue would look like tracks that nobody knows.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { type Entries, packEntries } from './entries.ts';

export interface Track {
  artist?: string;
  genre?: string;
  duration_ms?: number;
  /** Only where it was asked for: events do not carry it. */
  title?: string;
}

export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';
}

export class Catalogue {
  private readonly tracks: ReadonlyMap<string, Track>;
  /** Packed when first asked for: most of a large catalogue is never played. */
  private readonly packed = new Map<string, Entries>();

  constructor(tracks: ReadonlyMap<string, Track> = new Map()) {
    this.tracks = tracks;
  }

  get size(): number {
    return this.tracks.size;
  }

  track(id: string): Track | undefined {
    return this.tracks.get(id);
  }

  all(): Iterable<[id: string, track: Track]> {
    return this.tracks.entries();
  }

  /** The `track` entry of what is known of this track, or undefined. */
  entries(id: string): Entries | undefined {
    const packed = this.packed.get(id);
    if (packed) return packed;
    const track = this.tracks.get(id);
    if (!track) return undefined;
    const { title: _, ...carried } = track;
    const entries = packEntries({ track: carried });
    this.packed.set(id, entries);
    return entries;
  }
}

/** Reads the whole file; `titles`: keeps those too. Throws CatalogueError, naming the file and the line. */
export function loadCatalogue(path: string, { titles = false } = {}): Catalogue {
  try {
    const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
    return new Catalogue(/\.(ndjson|jsonl)$/i.test(path) ? fromNdjson(text, titles) : fromCsv(text, titles));
  } catch (error) {
    throw new CatalogueError(`catalogue ${path}: ${(error as Error).message}`);
  }
}

type Row = Record<string, unknown>;

function fromCsv(text: string, titles: boolean): Map<string, Track> {
  const rows = parse(text, { columns: true, info: true, skip_empty_lines: true, trim: true }) as unknown as {
    record: Row;
    info: { lines: number };
  }[];
  const tracks = new Map<string, Track>();
  for (const { record, info } of rows) addTrack(tracks, record, info.lines, titles);
  if (tracks.size === 0 && !/^\s*"?id\b/m.test(text))
    throw new Error('line 1: expected the columns id, artist, genre, duration');
  return tracks;
}

function fromNdjson(text: string, titles: boolean): Map<string, Track> {
  const tracks = new Map<string, Track>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      throw new Error(`line ${index + 1}: not JSON`);
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw new Error(`line ${index + 1}: not an object`);
    addTrack(tracks, row as Row, index + 1, titles);
  }
  return tracks;
}

const TEXT_MAX = 256;
const DAY_S = 86_400;

function addTrack(tracks: Map<string, Track>, row: Row, line: number, titles: boolean): void {
  const id = typeof row.id === 'number' ? String(row.id) : row.id;
  if (typeof id !== 'string' || id === '') throw new Error(`line ${line}: id is missing`);
  if (tracks.has(id)) throw new Error(`line ${line}: id stands twice`);
  const track: Track = {};
  const artist = optionalText(row, 'artist', line);
  const genre = optionalText(row, 'genre', line);
  const duration = durationMs(row, line);
  if (artist !== undefined) track.artist = artist;
  if (genre !== undefined) track.genre = genre;
  if (duration !== undefined) track.duration_ms = duration;
  // Only shown: what is no title is left out.
  if (titles && typeof row.title === 'string' && row.title !== '') track.title = row.title.slice(0, TEXT_MAX);
  tracks.set(id, track);
}

function optionalText(row: Row, column: string, line: number): string | undefined {
  const value = row[column];
  if (isEmpty(value)) return undefined;
  if (typeof value !== 'string' || value.length > TEXT_MAX) {
    throw new Error(`line ${line}: ${column} must be text of at most ${TEXT_MAX} characters`);
  }
  return value;
}

function durationMs(row: Row, line: number): number | undefined {
  const column = isEmpty(row.duration_ms) ? 'duration' : 'duration_ms';
  const value = row[column];
  if (isEmpty(value)) return undefined;
  const seconds = Number(value) / (column === 'duration' ? 1 : 1000);
  if (!(seconds > 0 && seconds <= DAY_S)) {
    const unit = column === 'duration' ? 'seconds (the column duration_ms takes milliseconds)' : 'milliseconds';
    throw new Error(`line ${line}: ${column} must be ${unit}, more than 0 and at most a day`);
  }
  return Math.round(seconds * 1000);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
