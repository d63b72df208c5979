/** Prints rows as a table or as NDJSON, up to a limit. */
import { LineWriter } from '../output.ts';
import { type Column, headLine, rowLine } from './columns.ts';

export interface PrinterOptions<T> {
  columns: readonly Column<T>[];
  json: (row: T) => string;
  flags: { json?: boolean; limit?: number };
}

export class Printer<T> {
  rows = 0;
  private readonly options: PrinterOptions<T>;
  private readonly writer = new LineWriter();

  constructor(options: PrinterOptions<T>) {
    this.options = options;
  }

  get asJson(): boolean {
    return this.options.flags.json === true;
  }

  get done(): boolean {
    return this.rows >= (this.options.flags.limit ?? Number.POSITIVE_INFINITY);
  }

  print(row: T): void {
    const { columns, json } = this.options;
    if (!this.asJson && this.rows === 0) this.writer.push(headLine(columns));
    this.writer.push(this.asJson ? json(row) : rowLine(columns, row));
    this.rows++;
  }

  /** Hands on what was printed; `always` or only when it has become much. */
  async flush(when: 'always' | 'full' = 'always'): Promise<void> {
    if (when === 'always' || this.writer.full) await this.writer.flush();
  }
}
