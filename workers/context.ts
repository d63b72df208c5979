/**
 * Fills in what an event lacks and its connection knows: fields of the HELLO context that the event's type has, the inner `context`
 * map key by key, and the token's user. What is filled in is not part of the client's bytes, so it goes into `added`.
 */
import { fieldsOf } from '../protocol/events.ts';
import { type Entries, packEntries } from './entries.ts';
import { fieldBit } from './field-bits.ts';
import { add, type Job } from './job.ts';
import type { QuickType } from './quick-read.ts';
import type { SlabSource } from './slab.ts';

interface Filling {
  key: string;
  value: unknown;
  /** Of `fieldBit`. */
  bit: number;
  entries: Entries;
}

const NOTHING: readonly Filling[] = [];
const QUICK_FIELDS: ReadonlySet<string> = new Set(['user_id', 'session_id', 'recommendation_id']);

export class ContextFill {
  private readonly fillings: readonly Filling[];
  private readonly inner: Record<string, unknown> | null;
  private readonly byType = new Map<unknown, readonly Filling[]>();

  constructor({ context = {}, userId }: SlabSource) {
    const fields = userId === undefined || context.user_id !== undefined ? context : { ...context, user_id: userId };
    this.fillings = Object.entries(fields).map(([key, value]) => ({
      key,
      value,
      bit: fieldBit(key),
      entries: packEntries({ [key]: value }),
    }));
    this.inner = isMap(context.context) ? context.context : null;
  }

  /** Whether `fillQuickly` can say what an event gets: only texts that nothing but the log asks for, and the user. */
  get quick(): boolean {
    return this.fillings.every(({ key, value }) => QUICK_FIELDS.has(key) && typeof value === 'string');
  }

  /**
   * Adds what an event of these fields lacks, if it has all that is required then; otherwise false, and nothing is added. Whose event it is
   * the lane knows.
   */
  fillQuickly(job: Job, type: QuickType, mask: number): boolean {
    const fillings = this.fillings.length === 0 ? NOTHING : this.forType(type.name);
    let filled = mask;
    for (let i = 0; i < fillings.length; i++) filled |= fillings[i]!.bit;
    if ((type.required & ~filled) !== 0) return false;
    for (let i = 0; i < fillings.length; i++) {
      const { bit, entries } = fillings[i]!;
      if ((mask & bit) === 0) add(job, entries);
    }
    return true;
  }

  /** Changes the job's event, and adds what it fills in. */
  fill(job: Job): void {
    if (this.fillings.length === 0) return;
    const event = job.event!;
    for (const { key, value, entries } of this.forType(event.type)) {
      if (event[key] === undefined) {
        event[key] = value;
        add(job, entries);
      } else if (key === 'context' && this.inner && isMap(event.context)) {
        const merged = { ...this.inner, ...event.context };
        if (Object.keys(merged).length === Object.keys(event.context).length) continue;
        event.context = merged;
        add(job, packEntries({ context: merged }));
      }
    }
  }

  private forType(type: unknown): readonly Filling[] {
    let fillings = this.byType.get(type);
    if (!fillings) {
      const fields = typeof type === 'string' ? fieldsOf(type) : undefined;
      // What has no known type is rejected whatever it lacks, and must not fill this map.
      if (!fields) return NOTHING;
      fillings = this.fillings.filter(({ key }) => fields.has(key));
      this.byType.set(type, fillings);
    }
    return fillings;
  }
}

/** For a source that knows nothing. */
export const NO_CONTEXT = new ContextFill({ tenant: '', owner: '', producer: '', epoch: 0 });

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
