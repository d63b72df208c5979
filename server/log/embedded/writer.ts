/**
 * Writes changes as transactions of the process that owns the data. After a failure nothing is written any more: a failed sync says
 * nothing about what stands, and LMDB's own handling of a failed write has overrun its memory (100 bytes for a longer message).
 */
import { commitError, isFull } from '../../lmdb/fault.ts';
import { LogError } from '../error.ts';
import { Changes } from './changes.ts';
import type { Environment } from './environment.ts';
import { OWNER_KEY } from './layout.ts';
import { currentOwner } from './owner.ts';

export class Writer {
  private readonly environment: Environment;
  private readonly fence: number;
  private readonly onStop: (error: LogError) => void;
  /** Why nothing is written any more. */
  private stopped: LogError | null = null;

  constructor(environment: Environment, fence: number, onStop: (error: LogError) => void = () => {}) {
    this.environment = environment;
    this.fence = fence;
    this.onStop = onStop;
  }

  /**
   * Resolves when the changes are durable. Throws LogError: `no_space` (nothing was written), `in_doubt` (perhaps it was), `in_use`
   * (another process took the data over); from then on `unavailable` or `in_use`.
   */
  async commit(changes: Changes): Promise<void> {
    if (this.stopped) throw this.stopped;
    const { meta, dir } = this.environment;
    let written: boolean;
    try {
      written = await meta.ifVersion(OWNER_KEY, this.fence, () => changes.write());
    } catch (error) {
      const cause = await commitError(error);
      const message = `writing to ${dir} failed (${cause.message}); restart the server when the disk is well`;
      this.stop(new LogError('unavailable', message, { cause }));
      throw new LogError(isFull(cause) ? 'no_space' : 'in_doubt', message, { cause });
    }
    if (!written) throw this.stop(new LogError('in_use', `${dir} was taken over by ${currentOwner(this.environment)}`));
  }

  /** Lets go of the data, so that another process may own it. */
  async release(): Promise<void> {
    if (this.stopped) return;
    const changes = new Changes();
    changes.remove(this.environment.meta, OWNER_KEY);
    await this.commit(changes).catch(() => {});
  }

  private stop(error: LogError): LogError {
    this.stopped = error;
    this.onStop(error);
    return error;
  }
}
