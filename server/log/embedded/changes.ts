/** What one transaction changes, as a list. Everything that can fail is done when it is made: writing it only hands it to LMDB. */
import type { Table } from './environment.ts';

type Change =
  | { do: 'put'; table: Table; key: Buffer; value: Uint8Array }
  | { do: 'remove'; table: Table; key: Buffer }
  | { do: 'clear'; table: Table };

export class Changes {
  private readonly list: Change[] = [];

  put(table: Table, key: Buffer, value: Uint8Array): void {
    this.list.push({ do: 'put', table, key, value });
  }
  remove(table: Table, key: Buffer): void {
    this.list.push({ do: 'remove', table, key });
  }
  clear(table: Table): void {
    this.list.push({ do: 'clear', table });
  }

  get empty(): boolean {
    return this.list.length === 0;
  }

  /** Must be called within a batch or a transaction, whose promise tells of success and failure. */
  write(): void {
    for (const change of this.list) {
      // LMDB keeps the pointer: the bytes must stay as they are until the transaction is done.
      if (change.do === 'put') void change.table.put(change.key, change.value as Buffer);
      else if (change.do === 'remove') void change.table.remove(change.key);
      else void change.table.clearAsync();
    }
  }
}
