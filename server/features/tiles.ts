/**
 * Counts of the last 5 minutes, hour, day and week by rows of tiles. A tile counts the events of one stretch of event time, so a late
 * event lands where it belongs and the order of events does not matter. Only tiles that count something are kept: most records are of
 * a user or a track that little happens to.
 *
 * A window read at an edge T is the tile that T falls into and the window's length of tiles before it: all of the window, and at most
 * one tile more (5 % of its length), the "sawtooth window" of Airbnb's Chronon. Counts are exact for these tiles.
 *
 * A row ends with the tile of the latest event, which its owner keeps (`latest`; -1 before the first). It has room for one window, and
 * beyond it for the time by which an event may be ahead: one fast clock must not hide what others did just now.
 */
import { FUTURE_TOLERANCE_MS } from '../../protocol/limits.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Times in ms; a tile divides its window. */
export const WINDOWS = [
  { name: '5m', windowMs: 5 * MINUTE, tileMs: MINUTE / 4 },
  { name: '1h', windowMs: HOUR, tileMs: 2 * MINUTE },
  { name: '24h', windowMs: 24 * HOUR, tileMs: HOUR },
  { name: '7d', windowMs: 7 * 24 * HOUR, tileMs: 6 * HOUR },
] as const;

/** How far before its latest event a record still answers. */
export const SLACK_MS = FUTURE_TOLERANCE_MS;

export interface Row {
  tileMs: number;
  /** Tiles of a window beside the one of the edge. */
  span: number;
  /** How many tiles it reaches back over, the newest included. */
  reach: number;
}

export const ROWS: readonly Row[] = WINDOWS.map(({ windowMs, tileMs }) => {
  const span = windowMs / tileMs;
  return { tileMs, span, reach: span + 1 + Math.ceil(SLACK_MS / tileMs) };
});

/**
 * First of each row how many tiles it has; then the rows' tiles, oldest first: number and count of each. One flat list, since there are
 * very many and garbage collection looks at each object.
 */
export type Tiles = number[];

export function newTiles(): Tiles {
  return ROWS.map(() => 0);
}

/** The number of the oldest tile that a row still holds. */
export function oldestTile({ tileMs, reach }: Row, latest: number): number {
  return Math.floor(latest / tileMs) - reach + 1;
}

/** Counts `count` events at event time `at`. What is older than a row reaches back is left out of it. */
export function addToTiles(tiles: Tiles, latest: number, at: number, count: number): void {
  let start = ROWS.length;
  for (let row = 0; row < ROWS.length; row++) {
    const tile = Math.floor(at / ROWS[row]!.tileMs);
    const oldest = oldestTile(ROWS[row]!, Math.max(latest, at));
    if (tile >= oldest) {
      if (at > latest) dropBefore(tiles, row, start, oldest);
      addToTile(tiles, row, start, tile, count);
    }
    start += 2 * tiles[row]!;
  }
}

/** The row moves on. */
function dropBefore(tiles: Tiles, row: number, start: number, oldest: number): void {
  let dropped = 0;
  while (dropped < tiles[row]! && tiles[start + 2 * dropped]! < oldest) dropped++;
  if (dropped === 0) return;
  tiles.splice(start, 2 * dropped);
  tiles[row]! -= dropped;
}

function addToTile(tiles: Tiles, row: number, start: number, tile: number, count: number): void {
  let end = start + 2 * tiles[row]!;
  while (end > start && tiles[end - 2]! > tile) end -= 2;
  if (end > start && tiles[end - 2] === tile) {
    tiles[end - 1]! += count;
    return;
  }
  tiles.splice(end, 0, tile, count);
  tiles[row]! += 1;
}

/** Events of a window (an index of `WINDOWS`) that ends at `edge`; null where it begins before what the row still holds. */
export function countTiles(tiles: Tiles, latest: number, window: number, edge: number): number | null {
  const { tileMs, span } = ROWS[window]!;
  const last = Math.floor(edge / tileMs);
  const first = Math.max(last - span, 0);
  if (first < oldestTile(ROWS[window]!, latest) && last < Math.floor(latest / tileMs)) return null;
  let start = ROWS.length;
  for (let before = 0; before < window; before++) start += 2 * tiles[before]!;
  let count = 0;
  for (let at = start; at < start + 2 * tiles[window]!; at += 2) {
    if (tiles[at]! >= first && tiles[at]! <= last) count += tiles[at + 1]!;
  }
  return count;
}
