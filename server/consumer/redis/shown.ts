/** Keeps what Redis's own tools see of a group up to date: at most once a second for each partition, and at close. */
import { StoreError } from '../../features/error.ts';
import type { StoreConnection } from '../../redis/store-connection.ts';
import { shownKeys } from './keys.ts';
import { SHOW } from './scripts.ts';

const EVERY_MS = 1_000;

export class ShownProgress {
  private readonly connection: StoreConnection;
  private readonly prefix: string;
  private readonly group: string;
  private readonly onError: (error: Error) => void;
  /** Partitions that have moved since they were shown. */
  private readonly moved = new Set<number>();
  private timer: NodeJS.Timeout | null = null;

  constructor(connection: StoreConnection, prefix: string, group: string, onError: (error: Error) => void) {
    this.connection = connection;
    this.prefix = prefix;
    this.group = group;
    this.onError = onError;
  }

  note(partition: number): void {
    this.moved.add(partition);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.show();
    }, EVERY_MS).unref();
  }

  /** Shows the rest. */
  async end(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    await this.show();
  }

  private async show(): Promise<void> {
    const moved = [...this.moved];
    this.moved.clear();
    await Promise.all(moved.map((partition) => this.showPartition(partition)));
  }

  /** Nothing depends on it: what fails is told, and comes right with the next commit. */
  private async showPartition(partition: number): Promise<void> {
    const keys = shownKeys(this.prefix, this.group, partition);
    try {
      await this.connection.look({ script: SHOW, keys, args: [this.group] });
    } catch (error) {
      if (error instanceof StoreError && error.code !== 'closed') this.onError(error);
    }
  }
}
