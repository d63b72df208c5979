/**
 * Runs the transactions of an environment. After a failure nothing is written any more: a failed sync says nothing about what stands, and
 * LMDB's own handling of a failed write has overrun its memory.
 */
import { StoreError } from '../features/error.ts';
import { commitError, isFull } from './fault.ts';
import type { FreeSpace } from './free-space.ts';

export class Writer {
  private readonly dir: string;
  private readonly space: FreeSpace;
  /** Why nothing is written any more. */
  private stopped: StoreError | null = null;

  constructor(dir: string, space: FreeSpace) {
    this.dir = dir;
    this.space = space;
  }

  /** Resolves when it is durable, with whether its condition held. Throws StoreError: `unavailable` (nothing was written), `in_doubt` (perhaps it was). */
  async write(bytes: number, write: () => Promise<boolean>): Promise<boolean> {
    if (this.stopped) throw this.stopped;
    if (!this.space.has(bytes)) throw new StoreError('unavailable', `the disk of ${this.dir} is full`);
    try {
      return await write();
    } catch (error) {
      const cause = await commitError(error);
      const message = `writing to ${this.dir} failed (${cause.message}); restart the server when the disk is well`;
      this.stopped = new StoreError('unavailable', message, { cause });
      throw new StoreError(isFull(cause) ? 'unavailable' : 'in_doubt', message, { cause });
    }
  }
}
