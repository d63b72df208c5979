/** Entries that cannot be shown: reported as they are met, and by the exit code at the end. */
import type { IntactEntry, ReadItem } from '../../format/model.ts';
import { note } from '../output.ts';

export const DAMAGED_EXIT_CODE = 3;

export class Damage {
  entries = 0;

  /** What the entry holds, or nothing where it is damaged or not what this version writes. */
  open<T>(item: ReadItem, decode: (entry: IntactEntry) => T[]): T[] {
    if (item.status === 'damaged') return this.report(item, item.reason);
    try {
      return decode(item);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'FormatError') throw error;
      return this.report(item, error.message);
    }
  }

  private report({ partition, last }: ReadItem, reason: string): [] {
    this.entries++;
    note(
      `gapless: damaged entry in partition ${partition}, up to position ${last}: ${reason}. What it held is left out.`,
    );
    return [];
  }

  /** Leaves the exit code of success alone. */
  setExitCode(): void {
    if (this.entries > 0) process.exitCode = DAMAGED_EXIT_CODE;
  }
}
