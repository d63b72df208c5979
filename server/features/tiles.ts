/**
 * Counts of the last 5 minutes, hour, day and week by rings of tiles. A tile counts the events of one stretch of event time, so a late
 * event lands where it belongs and the order of events does not matter. One array holds the rings of all windows.
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
  /** Where it lies in the array. */
  start: number;
  slots: number;
}

export const RINGS: readonly Ring[] = layOut();
export const TILES = RINGS.reduce((sum, { slots }) => sum + slots, 0);

function layOut(): Ring[] {
  let start = 0;
  return WINDOWS.map(({ windowMs, tileMs }) => {
    const span = windowMs / tileMs;
    const slots = span + 1 + Math.ceil(SLACK_MS / tileMs);
    const ring = { tileMs, span, start, slots };
    start += slots;
    return ring;
  });
}

/** `TILES` counts. */
export type Tiles = Uint32Array;

export function newTiles(): Tiles {
  return new Uint32Array(TILES);
}

/** Counts `count` events at event time `at`. What is older than a ring reaches back is left out of it. */
export function addToTiles(tiles: Tiles, latest: number, at: number, count: number): void {
  for (const { tileMs, start, slots } of RINGS) {
    const tile = Math.floor(at / tileMs);
    const newest = latest < 0 ? tile - slots : Math.floor(latest / tileMs);
    if (tile > newest) clear(tiles, start, slots, newest, tile);
    else if (tile <= newest - slots) continue;
    tiles[start + slotOf(tile, slots)]! += count;
  }
}

/** `tile % slots`, which is a slow call where tiles do not fit 32 bits. */
export function slotOf(tile: number, slots: number): number {
  return tile - Math.floor(tile / slots) * slots;
}

/** Empties the slots of the tiles after `newest`, up to `tile`: the ring moves on. */
function clear(tiles: Tiles, start: number, slots: number, newest: number, tile: number): void {
  if (tile - newest >= slots) {
    tiles.fill(0, start, start + slots);
    return;
  }
  for (let next = newest + 1; next <= tile; next++) tiles[start + slotOf(next, slots)] = 0;
}

/** Events of a window (an index of `WINDOWS`) that ends at `edge`; null where it begins before what the ring still holds. */
export function countTiles(tiles: Tiles, latest: number, window: number, edge: number): number | null {
  const { tileMs, span, start, slots } = RINGS[window]!;
  const newest = Math.floor(latest / tileMs);
  const last = Math.floor(edge / tileMs);
  const first = Math.max(last - span, 0);
  const oldest = newest - slots + 1;
  if (first < oldest && last < newest) return null;
  let count = 0;
  for (let tile = Math.max(first, oldest); tile <= Math.min(last, newest); tile++)
    count += tiles[start + slotOf(tile, slots)]!;
  return count;
}
