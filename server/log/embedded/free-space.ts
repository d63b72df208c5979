/**
 * The floor under the disk's free space: below it nothing is appended, so that the disk stays usable for everything else and LMDB
 * never meets a full one. What trimming has freed within the data file counts as space too, the file itself never shrinks.
 */
import { statfsSync } from 'node:fs';
import { LogError } from '../error.ts';
import type { AppendBatch } from '../port.ts';
import { type Environment, reusableBytes } from './environment.ts';

/** How long an answer of the system holds, as long as not all of the space above the floor may have been written. */
const VALID_MS = 50;
const PAGE_BYTES = 4096;

export class FreeSpace {
  private readonly environment: Environment;
  private readonly floor: number;
  private readonly freeBytes: () => number;
  private checked = -Infinity;
  /** What may still be written before the system is asked again. */
  private headroom = 0;

  constructor(environment: Environment, floor: number, freeBytes = () => freeBytesOf(environment.dir)) {
    this.environment = environment;
    this.floor = floor;
    this.freeBytes = freeBytes;
  }

  /** Throws LogError `no_space` below the floor. */
  check(batches: readonly AppendBatch[]): void {
    if (this.floor === 0) return;
    this.headroom -= batches.reduce((sum, batch) => sum + bytesOf(batch), 0);
    const now = performance.now();
    if (this.headroom > 0 && now - this.checked < VALID_MS) return;
    this.headroom = this.freeBytes() - this.floor;
    if (this.headroom < 0 && reusableBytes(this.environment) < this.floor) {
      throw new LogError('no_space', `the disk of ${this.environment.dir} has less than ${this.floor} bytes free`);
    }
    this.checked = now;
  }
}

/** About what a batch writes at the most: its entries, and a page for every key. */
function bytesOf({ entry, dead, units }: AppendBatch): number {
  const keys = units.reduce((sum, { ids }) => sum + 1 + ids.length, 4);
  return (entry?.bytes.length ?? 0) + (dead?.bytes.length ?? 0) + keys * PAGE_BYTES;
}

function freeBytesOf(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}
