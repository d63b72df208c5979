/**
 * An aggregate as bytes; numbers are varints (LEB128) but for the decayed sums (float64, big-endian):
 *
 *   version 1, events, firstAt, lastAt - firstAt, set of metrics (a bit each), a tally for each of them,
 *   set of hours, plays in each of them, number of devices, name and plays of each
 *   tally = lastAt - at, total, decayed sums; of a metric that counts also for each ring the number of its tiles that are not
 *           empty, and for each of them, oldest first, how many tiles it lies behind the one before (the first: behind the ring's
 *           oldest) and its count
 */
import { type ByteWriter, FormatError } from '../../format/bytes.ts';
import { MAX_NUMBER } from '../../protocol/limits.ts';
import { type Aggregate, DEVICES_MAX, newAggregate, newTally, type Tally } from './aggregate.ts';
import { METRICS } from './metrics.ts';
import { type RecordReader, recordCodec } from './record-bytes.ts';
import { RINGS, slotOf, type Tiles } from './tiles.ts';

const COUNT_MAX = 2 ** 32 - 1;

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
  for (const { tileMs, start, slots } of RINGS) {
    const oldest = start + oldestSlot(latest, tileMs, slots);
    const end = start + slots;
    const place = out.length;
    // How many there are; no ring has more slots than one byte can tell.
    out.byte(0);
    let filled = 0;
    let behind = oldest;
    for (let at = oldest; at < end; at++) {
      if (tiles[at] === 0) continue;
      out.varint(at - behind);
      out.varint(tiles[at]!);
      behind = at + 1;
      filled++;
    }
    // From here on the ring goes round.
    behind -= slots;
    for (let at = start; at < oldest; at++) {
      if (tiles[at] === 0) continue;
      out.varint(at - behind);
      out.varint(tiles[at]!);
      behind = at + 1;
      filled++;
    }
    out.buffer[place] = filled;
  }
}

function readTiles(from: RecordReader, tiles: Tiles, latest: number): void {
  for (const { tileMs, start, slots } of RINGS) {
    const oldest = oldestSlot(latest, tileMs, slots);
    let behind = 0;
    for (let left = from.upTo(slots, 'number of tiles'); left > 0; left--) {
      behind += from.varint();
      if (behind >= slots) throw new FormatError('a tile lies outside its ring');
      tiles[start + ((oldest + behind) % slots)] = from.upTo(COUNT_MAX, 'count');
      behind++;
    }
  }
}

/** Where the oldest tile of a ring is kept: after the newest, where the next one will be. */
function oldestSlot(latest: number, tileMs: number, slots: number): number {
  return slotOf(Math.floor(latest / tileMs) + 1, slots);
}

function writeHours(hours: Uint32Array | null, out: ByteWriter): void {
  if (hours === null) return out.varint(0);
  let set = 0;
  for (let hour = 0; hour < 24; hour++) if (hours[hour] !== 0) set |= 1 << hour;
  out.varint(set);
  for (const plays of hours) if (plays !== 0) out.varint(plays);
}

function readHours(from: RecordReader): Uint32Array | null {
  const set = from.upTo(2 ** 24 - 1, 'set of hours');
  if (set === 0) return null;
  const hours = new Uint32Array(24);
  for (let hour = 0; hour < 24; hour++) if (set & (1 << hour)) hours[hour] = from.upTo(COUNT_MAX, 'count');
  return hours;
}
