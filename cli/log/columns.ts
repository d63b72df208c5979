/** A table whose rows come one by one: columns have fixed widths, and what is longer is cut. */
export interface Column<T> {
  title: string;
  width: number;
  right?: boolean;
  value: (row: T) => unknown;
}

const GAP = '  ';

export function headLine<T>(columns: readonly Column<T>[]): string {
  return line(columns, (column) => column.title);
}

export function rowLine<T>(columns: readonly Column<T>[], row: T): string {
  return line(columns, (column) => printable(column.value(row)));
}

function line<T>(columns: readonly Column<T>[], text: (column: Column<T>) => string): string {
  const cells = columns.map((column, index) => {
    const cell = shorten(text(column), column.width);
    if (column.right) return cell.padStart(column.width);
    return index === columns.length - 1 ? cell : cell.padEnd(column.width);
  });
  return `${cells.join(GAP)}\n`;
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** What clients sent must not control the terminal. */
function printable(value: unknown): string {
  if (value === undefined || value === null) return '';
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

/** ms since 1970 as a time that sorts. */
export function timeText(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 23).replace('T', ' ') : '';
}
