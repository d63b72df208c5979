/** The floor under the disk's free space: LMDB must never meet a full disk, that has ended processes. */
import { statfsSync } from 'node:fs';

/** How long an answer of the system holds, as long as not all of the space above the floor may have been written; ms. */
const VALID_MS = 50;

export class FreeSpace {
  private readonly dir: string;
  private readonly floor: number;
  private checked = -Infinity;
  /** What may still be written before the system is asked again, bytes. */
  private headroom = 0;

  constructor(dir: string, floor: number) {
    this.dir = dir;
    this.floor = floor;
  }

  /** Whether so many bytes may be written. */
  has(bytes: number): boolean {
    if (this.floor === 0) return true;
    this.headroom -= bytes;
    const now = performance.now();
    if (this.headroom > 0 && now - this.checked < VALID_MS) return true;
    const { bavail, bsize } = statfsSync(this.dir);
    this.headroom = bavail * bsize - this.floor - bytes;
    this.checked = now;
    return this.headroom >= 0;
  }
}
