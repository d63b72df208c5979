/** Writes changes as transactions of the process that owns the data. After a failure that leaves doubts nothing is written any more. */
import { LogError } from '../error.ts';
import type { Changes } from './changes.ts';
import type { Environment } from './environment.ts';
import { OWNER_KEY } from './layout.ts';
import { currentOwner } from './owner.ts';

export class Writer {
  private readonly environment: Environment;
  private readonly fence: number;
  /** Why nothing is written any more. */
  private stopped: LogError | null = null;

  constructor(environment: Environment, fence: number) {
    this.environment = environment;
    this.fence = fence;
  }

  /**
   * Resolves when the changes are durable. Throws LogError: `no_space` (nothing was written), `in_doubt` (perhaps; from then on
   * `unavailable`), `in_use` (another process took the data over).
   */
  async commit(changes: Changes): Promise<void> {
    if (this.stopped) throw this.stopped;
    const { meta, dir } = this.environment;
    let written: boolean;
    try {
      written = await meta.ifVersion(OWNER_KEY, this.fence, () => changes.write());
    } catch (error) {
      throw await this.explain(error);
    }
    if (written) return;
    this.stopped = new LogError('in_use', `${dir} was taken over by ${currentOwner(this.environment)}`);
    throw this.stopped;
  }

  /** LMDB drops a transaction that met a full disk. Any other failure, of a sync above all, says nothing about what stands. */
  private async explain(error: unknown): Promise<LogError> {
    const cause = await commitError(error);
    const { dir } = this.environment;
    if (/no space left|ENOSPC/i.test(cause.message)) {
      return new LogError('no_space', `the disk of ${dir} is full`, { cause });
    }
    const message = `writing to ${dir} failed (${cause.message}); restart the server once the disk is well`;
    this.stopped = new LogError('unavailable', message, { cause });
    return new LogError('in_doubt', message, { cause });
  }
}

/** lmdb rejects with a general error that carries the promise of the real one. */
async function commitError(error: unknown): Promise<Error> {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (!('commitError' in cause)) return cause;
  return Promise.resolve(cause.commitError).then(
    () => cause,
    (real) => (real instanceof Error ? real : new Error(String(real))),
  );
}
