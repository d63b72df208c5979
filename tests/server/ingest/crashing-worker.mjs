/** A worker for tests: a slab whose first byte is 1 ends its thread; every other one is answered with the number of the thread. */
import { threadId } from 'node:worker_threads';

export default function work({ bytes }) {
  if (bytes[0] === 1) process.exit(1);
  return {
    units: { buffer: new ArrayBuffer(0), count: 0, extras: [] },
    micros: { total: 0, decode: 0, validate: 0, enrich: 0, encode: 0 },
    events: threadId,
    kinds: [],
  };
}
