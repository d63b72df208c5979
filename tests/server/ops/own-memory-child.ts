/** Prints `ownMemory()`, in a process with nothing else in it: after it filled a map of 64 MiB, after it read the map, with 96 MiB more; and RSS. */
import { open } from 'lmdb';
import { ownMemory } from '../../../server/ops/own-memory.ts';

const MIB = 1024 * 1024;
const root = open<Buffer, number>({ path: process.argv[2]!, noSubdir: false, encoding: 'binary' });
// One buffer for all: garbage that goes meanwhile would be counted against what comes.
const page = Buffer.alloc(MIB);
for (let i = 0; i < 64; i++) await root.put(i, page.fill(i));
await root.flushed;

const filled = ownMemory();
let sum = 0;
for (let i = 0; i < 64; i++) {
  const bytes = root.getBinaryFast(i)!;
  for (let at = 0; at < bytes.length; at += 4096) sum += bytes[at]!;
}
const read = ownMemory();
const kept = Buffer.alloc(96 * MIB, 1);
const grown = ownMemory();
console.log(JSON.stringify({ filled, read, grown, resident: process.memoryUsage.rss(), sum: sum + kept[1]! }));
await root.close();
