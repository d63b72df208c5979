/** The rows of the live tail and of the dead letters: the newest ones, and where items are missing. Pure. */
import type { FeedGap } from '../../../index.ts';
import { age, count } from '../../shared/format.ts';

type Item = Readonly<Record<string, unknown>>;
/** `gap`: here items are missing, `text` says which. */
export type Row = { id: number; kind: 'item'; item: Item } | { id: number; kind: 'gap'; text: string };

export interface Tail {
  /** The newest first. */
  rows: readonly Row[];
  /** Items that came since the page was opened. */
  seen: number;
  /** For the rows' ids. */
  next: number;
}

export const EMPTY_TAIL: Tail = { rows: [], seen: 0, next: 1 };
const MOST_ROWS = 100;
/** A tail that is so far behind is no live one: it goes on at the end. */
export const BEHIND_MS = 5_000;

/** Without rows, under another filter; ids go on. */
export function cleared(tail: Tail): Tail {
  return { ...EMPTY_TAIL, next: tail.next };
}

/** Of what came together the feed promises an order for each user only: here it is by the time of receiving. */
export function addItems(tail: Tail, items: readonly Item[]): Tail {
  const first = tail.next;
  const inTime = [...items].sort((a, b) => Number(a.received_at) - Number(b.received_at));
  const rows = inTime.map((item, i): Row => ({ id: first + i, kind: 'item', item }));
  return join({ ...tail, seen: tail.seen + items.length, next: first + items.length }, rows);
}

export function addGap(tail: Tail, text: string): Tail {
  return join({ ...tail, next: tail.next + 1 }, [{ id: tail.next, kind: 'gap', text }]);
}

function join(tail: Tail, rows: Row[]): Tail {
  return { ...tail, rows: [...rows.slice(-MOST_ROWS).reverse(), ...tail.rows].slice(0, MOST_ROWS) };
}

/** How far the newest of these items is behind the server's latest figures, ms; 0 where nobody knows. Both times are the server's. */
export function behindMs(items: readonly Item[], serverAt: number | undefined): number {
  const times = items.map(({ received_at }) => received_at).filter((at) => typeof at === 'number');
  return times.length > 0 && serverAt !== undefined ? Math.max(0, serverAt - Math.max(...times)) : 0;
}

export function wordGap({ reason, skipped }: FeedGap): string {
  if (reason === 'not_recovered')
    return 'The position is gone: what follows begins at the oldest that the log retains.';
  const many = skipped === null ? 'Items' : `${count(skipped)} ${skipped === 1 ? 'item' : 'items'}`;
  return `${many} left out here: retention removed them before they could be read.`;
}

export function wordJump(ms: number): string {
  return `Jumped ahead by ${age(ms)}: more came than a page can show. The log has all of it.`;
}
