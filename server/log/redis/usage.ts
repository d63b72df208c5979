import { LogError } from '../error.ts';

/** While the limit is reached, what others wrote or trimmed is read anew at most this often, ms. */
const READ_AGAIN_MS = 1_000;

/** The brake: how many bytes all entries hold, and whether there may be more. */
export class Usage {
  private readonly maxBytes: number;
  private readonly byPartition: number[];
  /** Reads the bytes of every partition. */
  private readonly read: () => Promise<number[]>;
  private readAt = 0;

  /** `maxBytes` 0: no limit. */
  constructor(partitions: number, maxBytes: number, read: () => Promise<number[]>) {
    this.maxBytes = maxBytes || Infinity;
    this.byPartition = Array.from({ length: partitions }, () => 0);
    this.read = read;
  }

  note(partition: number, bytes: number): void {
    this.byPartition[partition] = bytes;
  }

  async refresh(): Promise<void> {
    this.readAt = performance.now();
    for (const [partition, bytes] of (await this.read()).entries()) this.note(partition, bytes);
  }

  /** Throws LogError `no_space` while the limit is reached. */
  async check(): Promise<void> {
    if (this.total < this.maxBytes) return;
    if (performance.now() - this.readAt >= READ_AGAIN_MS) await this.refresh();
    if (this.total >= this.maxBytes)
      throw new LogError('no_space', `the log holds ${this.total} bytes, and may hold ${this.maxBytes}`);
  }

  private get total(): number {
    return this.byPartition.reduce((sum, bytes) => sum + bytes, 0);
  }
}
