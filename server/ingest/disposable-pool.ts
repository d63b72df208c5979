/**
 * A pool of one thread for what is seldom needed: made when there is work, and made anew after each failure. Whatever ended a thread may
 * keep the next one from starting, and Piscina leaves a task waiting whose thread fails to start a second time.
 */
import { type PoolOptions, type SlabPool, WorkerPool } from './pool.ts';

export class DisposablePool implements Pick<SlabPool, 'run' | 'close'> {
  private readonly options: Omit<PoolOptions, 'threads'>;
  private pool: WorkerPool | null = null;

  constructor(options: Omit<PoolOptions, 'threads'>) {
    this.options = options;
  }

  /** One slab at a time. Rejects as a pool does, also where the thread cannot start. */
  async run(task: Parameters<SlabPool['run']>[0]): ReturnType<SlabPool['run']> {
    this.pool ??= new WorkerPool({ threads: 1, ...this.options });
    try {
      return await this.pool.run(task);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { pool } = this;
    this.pool = null;
    await pool?.close();
  }
}
