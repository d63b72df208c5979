/**
 * Counts of the last 5 minutes, hour, day and week by rings of tiles. A tile counts the events of one stretch of event time, so a late
 * event lands where it belongs and the order of events does not matter. Only tiles that count something are kept: most records are of
 * a user or a track that little happens to.
 *
 * A window read at an edge T is the tile that T falls into and the window's length of tiles before it: all of the window, and at most
 * one tile more (5 % of its length), the "sawtooth window" of Airbnb's Chronon. Counts are exact for these tiles.
 *
 * A ring ends with the tile of the latest event, which its owner keeps (`latest`; -1 before the first). It has room for one window, and
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

export interface Ring {
  tileMs: number;
  /** Tiles of a window beside the one of the edge. */
  span: number;
  /** How many tiles it reaches back over, the newest included. */
  slots: number;
}

export const RINGS: readonly Ring[] = WINDOWS.map(({ windowMs, tileMs }) => {
  const span = windowMs / tileMs;
  return { tileMs, span, slots: span + 1 + Math.ceil(SLACK_MS / tileMs) };
});

/**
 * First of each ring how many tiles it has; then the rings' tiles, oldest first: number and count of each. One flat list, since there are
 * very many and garbage collection looks at each object.
 */
export type Tiles = number[];

export function newTiles(): Tiles {
  return RINGS.map(() => 0);
}

/** The number of the oldest tile that a ring still holds. */
export function oldestTile({ tileMs, slots }: Ring, latest: number): number {
  return Math.floor(latest / tileMs) - slots + 1;
}

/** Counts `count` events at event time `at`. What is older than a ring reaches back is left out of it. */
export function addToTiles(tiles: Tiles, latest: number, at: number, count: number): void {
  let start = RINGS.length;
  for (let ring = 0; ring < RINGS.length; ring++) {
    const tile = Math.floor(at / RINGS[ring]!.tileMs);
    const oldest = oldestTile(RINGS[ring]!, Math.max(latest, at));
    if (tile >= oldest) {
      if (at > latest) dropBefore(tiles, ring, start, oldest);
      addToTile(tiles, ring, start, tile, count);
    }
    start += 2 * tiles[ring]!;
  }
}

/** The ring moves on. */
function dropBefore(tiles: Tiles, ring: number, start: number, oldest: number): void {
  let dropped = 0;
  while (dropped < tiles[ring]! && tiles[start + 2 * dropped]! < oldest) dropped++;
  if (dropped === 0) return;
  tiles.splice(start, 2 * dropped);
  tiles[ring]! -= dropped;
}

function addToTile(tiles: Tiles, ring: number, start: number, tile: number, count: number): void {
  let end = start + 2 * tiles[ring]!;
  while (end > start && tiles[end - 2]! > tile) end -= 2;
  if (end > start && tiles[end - 2] === tile) {
    tiles[end - 1]! += count;
    return;
  }
  tiles.splice(end, 0, tile, count);
  tiles[ring]! += 1;
}

/** Events of a window (an index of `WINDOWS`) that ends at `edge`; null where it begins before what the ring still holds. */
export function countTiles(tiles: Tiles, latest: number, window: number, edge: number): number | null {
  const { tileMs, span } = RINGS[window]!;
  const last = Math.floor(edge / tileMs);
  const first = Math.max(last - span, 0);
  if (first < oldestTile(RINGS[window]!, latest) && last < Math.floor(latest / tileMs)) return null;
  let start = RINGS.length;
  for (let before = 0; before < window; before++) start += 2 * tiles[before]!;
  let count = 0;
  for (let at = start; at < start + 2 * tiles[window]!; at += 2) {
    if (tiles[at]! >= first && tiles[at]! <= last) count += tiles[at + 1]!;
  }
  return count;
}
