/**
 * The floor under the disk's free space: below it nothing is appended, so that the disk stays usable for everything else and LMDB
 * never meets a full one. What trimming has freed within the data file counts as space too, the file itself never shrinks.
 */
import { statfsSync } from 'node:fs';
import { LogError } from '../error.ts';
import { type Environment, reusableBytes } from './environment.ts';

/** How long an answer holds while there is space. */
const VALID_MS = 50;

export class FreeSpace {
  private readonly environment: Environment;
  private readonly floor: number;
  private readonly freeBytes: () => number;
  private checked = -Infinity;

  constructor(environment: Environment, floor: number, freeBytes = () => freeBytesOf(environment.dir)) {
    this.environment = environment;
    this.floor = floor;
    this.freeBytes = freeBytes;
  }

  /** Throws LogError `no_space` below the floor. */
  check(): void {
    const now = performance.now();
    if (this.floor === 0 || now - this.checked < VALID_MS) return;
    if (this.freeBytes() < this.floor && reusableBytes(this.environment) < this.floor) {
      throw new LogError('no_space', `the disk of ${this.environment.dir} has less than ${this.floor} bytes free`);
    }
    this.checked = now;
  }
}

function freeBytesOf(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}
