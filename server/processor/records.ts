/**
 * The records of one scope that are in memory. What was used lately stays, up to a bound of bytes; what is not in storage yet stays
 * whatever the bound says.
 */
import type { RecordChange, RecordKey } from '../features/port.ts';
import type { Projection } from './projection.ts';

/** `absent`: to be loaded. `new`: storage has none. `encoded`: as it came from storage. `decoded`: in use. */
type Form = { is: 'absent' } | { is: 'new' } | { is: 'encoded'; bytes: Uint8Array } | { is: 'decoded'; state: unknown };

/** What a record takes beside its bytes, roughly. */
const OVERHEAD_BYTES = 300;

export class MemoryRecord {
  readonly key: RecordKey;
  private readonly projection: Pick<Projection, 'codec'>;
  private form: Form = { is: 'absent' };
  /** As it last was in storage's form. */
  private encodedBytes = 0;
  /** It is not in storage as it is now, nor on its way there. */
  changed = false;
  /** What was encoded is on its way to storage. */
  saving = false;

  constructor(key: RecordKey, projection: Pick<Projection, 'codec'>) {
    this.key = key;
    this.projection = projection;
  }

  get absent(): boolean {
    return this.form.is === 'absent';
  }

  get bytes(): number {
    return OVERHEAD_BYTES + this.encodedBytes + 2 * (this.key.group.length + this.key.field.length);
  }

  /** As storage has it; null for a new one. */
  fill(bytes: Uint8Array | null): void {
    this.encodedBytes = bytes?.length ?? 0;
    this.form = bytes ? { is: 'encoded', bytes } : { is: 'new' };
  }

  /** Throws what the codec throws at bytes that it does not know. */
  get state(): unknown {
    const { form } = this;
    if (form.is === 'decoded') return form.state;
    if (form.is === 'absent') throw new Error('the record was not loaded');
    const codec = this.projection.codec(this.key);
    const state = form.is === 'new' ? codec.create() : codec.decode(form.bytes);
    this.form = { is: 'decoded', state };
    return state;
  }

  encode(): Uint8Array {
    const bytes = this.projection.codec(this.key).encode(this.state);
    this.encodedBytes = bytes.length;
    return bytes;
  }

  /** A way back to how it is now. */
  snapshot(): () => void {
    const form: Form =
      this.form.is === 'decoded' ? { is: 'encoded', bytes: Uint8Array.from(this.encode()) } : this.form;
    return () => {
      this.form = form;
    };
  }
}

/** By group, then by field: a name made of both for each look would cost more than the look. */
class RecordMap {
  private readonly groups = new Map<string, Map<string, MemoryRecord>>();
  size = 0;

  get({ group, field }: RecordKey): MemoryRecord | undefined {
    return this.groups.get(group)?.get(field);
  }

  /** There must be none of that key. */
  set(record: MemoryRecord): void {
    const { group, field } = record.key;
    const fields = this.groups.get(group);
    if (fields) fields.set(field, record);
    else this.groups.set(group, new Map([[field, record]]));
    this.size++;
  }

  delete({ group, field }: RecordKey): void {
    const fields = this.groups.get(group);
    if (!fields?.delete(field)) return;
    if (fields.size === 0) this.groups.delete(group);
    this.size--;
  }

  *values(): Iterable<MemoryRecord> {
    for (const fields of this.groups.values()) yield* fields.values();
  }
}

/** Two generations: what is used moves to the new one, and what is left in the old one goes when the new one has half of the bytes. */
export class Records {
  private readonly maxBytes: number;
  private fresh = new RecordMap();
  private old = new RecordMap();
  private freshBytes = 0;
  private changed: MemoryRecord[] = [];

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get size(): number {
    return this.fresh.size + this.old.size;
  }

  /** The record of a projection; absent where it is not in memory. */
  get(key: RecordKey, projection: Pick<Projection, 'codec'>): MemoryRecord {
    let record = this.fresh.get(key);
    if (record) return record;
    record = this.old.get(key) ?? new MemoryRecord(key, projection);
    this.old.delete(key);
    this.fresh.set(record);
    this.freshBytes += record.bytes;
    return record;
  }

  /** What storage answered for a record that was absent. */
  fill(record: MemoryRecord, bytes: Uint8Array | null): void {
    this.freshBytes += bytes?.length ?? 0;
    record.fill(bytes);
  }

  markChanged(record: MemoryRecord): void {
    if (record.changed) return;
    record.changed = true;
    this.changed.push(record);
  }

  get hasChanges(): boolean {
    return this.changed.length > 0;
  }

  /** What changed since the last call, encoded as it is now. Call `saved` when it is in storage. */
  takeChanges(): { changes: RecordChange[]; saved: () => void } {
    const taken = this.changed;
    const changes: RecordChange[] = [];
    for (const record of taken) {
      this.freshBytes -= record.bytes;
      const { group, field } = record.key;
      changes.push({ group, field, bytes: record.encode() });
      this.freshBytes += record.bytes;
      record.changed = false;
      record.saving = true;
    }
    this.changed = [];
    return {
      changes,
      saved: () => {
        for (const record of taken) record.saving = false;
      },
    };
  }

  /** Lets go of what is beyond the bound. Records that the caller still has must not be used afterwards. */
  trim(): void {
    if (this.freshBytes <= this.maxBytes / 2) return;
    const unsaved = [...this.old.values()].filter(({ saving, changed }) => saving || changed);
    this.old = this.fresh;
    this.fresh = new RecordMap();
    for (const record of unsaved) this.fresh.set(record);
    this.freshBytes = unsaved.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Forgets everything, also what was not saved. */
  clear(): void {
    this.fresh = new RecordMap();
    this.old = new RecordMap();
    this.freshBytes = 0;
    this.changed = [];
  }
}
