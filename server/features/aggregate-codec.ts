/**
 * An aggregate as bytes; numbers are varints (LEB128) but for the decayed sums (float64, big-endian):
 *
 *   version 1, events, firstAt, lastAt - firstAt, set of metrics (a bit each), a tally for each of them,
 *   set of hours, plays in each of them, number of devices, name and plays of each
 *   tally = lastAt - at, total, decayed sums; of a metric that counts also for each row the number of its tiles that are not
 *           empty, and for each of them, oldest first, how many tiles it lies behind the one before (the first: behind the row's
 *           oldest) and its count
 */
import { type ByteWriter, FormatError } from '../../format/bytes.ts';
import { MAX_NUMBER } from '../../protocol/limits.ts';
import { type Aggregate, DEVICES_MAX, newAggregate, newHours, newTally, type Tally } from './aggregate.ts';
import { METRICS } from './metrics.ts';
import { type RecordReader, recordCodec } from './record-bytes.ts';
import { oldestTile, ROWS, type Tiles } from './tiles.ts';

export const aggregateCodec = recordCodec<Aggregate>(1, newAggregate, write, read);

function write(aggregate: Aggregate, out: ByteWriter): void {
  const { events, firstAt, lastAt, tallies, hours, devices } = aggregate;
  out.varint(events);
  out.varint(firstAt);
  out.varint(lastAt - firstAt);
  out.varint(tallies.reduce((set, tally, metric) => (tally ? set | (1 << metric) : set), 0));
  for (const tally of tallies) if (tally) writeTally(tally, lastAt, out);
  writeHours(hours, out);
  out.varint(devices.size);
  for (const [name, plays] of devices) {
    out.text(name);
    out.varint(plays);
  }
}

function read(from: RecordReader): Aggregate {
  const aggregate = newAggregate();
  aggregate.events = from.varint();
  aggregate.firstAt = from.varint();
  aggregate.lastAt = aggregate.firstAt + from.upTo(MAX_NUMBER - aggregate.firstAt, 'time');
  const metrics = from.upTo(2 ** METRICS.length - 1, 'set of metrics');
  for (const [metric, { counts }] of METRICS.entries()) {
    if (metrics & (1 << metric)) aggregate.tallies[metric] = readTally(from, counts, aggregate.lastAt);
  }
  aggregate.hours = readHours(from);
  const devices = from.upTo(DEVICES_MAX, 'number of devices');
  for (let i = 0; i < devices; i++) aggregate.devices.set(from.text(), from.varint());
  return aggregate;
}

function writeTally({ at, total, decayed, tiles }: Tally, lastAt: number, out: ByteWriter): void {
  out.varint(lastAt - at);
  out.varint(total);
  for (let i = 0; i < decayed.length; i++) out.float64(decayed[i]!);
  if (tiles) writeTiles(tiles, at, out);
}

function readTally(from: RecordReader, counts: boolean, lastAt: number): Tally {
  const tally = newTally(counts);
  tally.at = lastAt - from.upTo(lastAt, 'age');
  tally.total = from.varint();
  for (let i = 0; i < tally.decayed.length; i++) tally.decayed[i] = from.number();
  if (tally.tiles) readTiles(from, tally.tiles, tally.at);
  return tally;
}

function writeTiles(tiles: Tiles, latest: number, out: ByteWriter): void {
  let at = ROWS.length;
  for (let row = 0; row < ROWS.length; row++) {
    const filled = tiles[row]!;
    out.varint(filled);
    let behind = oldestTile(ROWS[row]!, latest);
    for (const end = at + 2 * filled; at < end; at += 2) {
      out.varint(tiles[at]! - behind);
      out.varint(tiles[at + 1]!);
      behind = tiles[at]! + 1;
    }
  }
}

/** Into tiles that are still empty. */
function readTiles(from: RecordReader, tiles: Tiles, latest: number): void {
  for (const [number, row] of ROWS.entries()) {
    const oldest = oldestTile(row, latest);
    const filled = from.upTo(row.reach, 'number of tiles');
    let behind = 0;
    for (let left = filled; left > 0; left--) {
      behind += from.varint();
      if (behind >= row.reach) throw new FormatError('a tile lies outside its row');
      tiles.push(oldest + behind, from.varint());
      behind++;
    }
    tiles[number] = filled;
  }
}

function writeHours(hours: number[] | null, out: ByteWriter): void {
  if (hours === null) return out.varint(0);
  let set = 0;
  for (let hour = 0; hour < 24; hour++) if (hours[hour] !== 0) set |= 1 << hour;
  out.varint(set);
  for (const plays of hours) if (plays !== 0) out.varint(plays);
}

function readHours(from: RecordReader): number[] | null {
  const set = from.upTo(2 ** 24 - 1, 'set of hours');
  if (set === 0) return null;
  const hours = newHours();
  for (let hour = 0; hour < 24; hour++) if (set & (1 << hour)) hours[hour] = from.varint();
  return hours;
}
