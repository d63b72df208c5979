/**
 * One unit: one producer's consecutive contribution to an entry.
 *
 *   unit   = length, count, header length, tenant, owner, producer, epoch, schema version, then runs to the end
 *   run    = length, first seq, count, subject key id (0: not sealed), first received_at, block
 *   block  = subject, then per event: seq - previous seq, received_at - previous, body length, body, added length, added
 *
 * All numbers are varints, texts are a length and UTF-8. `body` and `added` are opaque here: for events the client's own MessagePack
 * map and a map of what context and enrichment add to it (its keys win); for dead letters the original bytes and the reason.
 * The run's block holds every personal field and is what can later be sealed as a whole.
 */
import { ByteReader, ByteWriter, FormatError } from './bytes.ts';
import type { ProducerId } from './producer-key.ts';

export const SCHEMA_VERSION = 1;
const NOT_SEALED = 0;

/** One event inside a unit, its content still encoded. */
export interface UnitItem {
  seq: number;
  subject: string;
  receivedAt: number;
  body: Uint8Array;
  added: Uint8Array;
}

export interface EncodedUnit {
  bytes: Uint8Array;
  count: number;
}

/** Encodes units, reusing its buffers. Items come in rising order of seq; consecutive ones of one subject share a run. */
export class UnitWriter {
  private readonly runs = new ByteWriter();
  private readonly block = new ByteWriter();
  private readonly head = new ByteWriter(256);
  private count = 0;
  private subject: string | null = null;
  private runFirst = 0;
  private runCount = 0;
  private runReceivedAt = 0;
  private seq = 0;
  private receivedAt = 0;

  add(item: UnitItem): void {
    this.begin(item.seq, item.subject, item.receivedAt);
    this.block.block(item.body);
    this.block.block(item.added);
  }

  /** The same without views: the body stands in `source` from `start` up to `end`, `added` is all that the writer holds. */
  addRange(
    seq: number,
    subject: string,
    receivedAt: number,
    source: Uint8Array,
    start: number,
    end: number,
    added: ByteWriter,
  ): void {
    this.begin(seq, subject, receivedAt);
    this.block.varint(end - start);
    this.block.range(source, start, end);
    this.block.varint(added.length);
    this.block.range(added.buffer, 0, added.length);
  }

  private begin(seq: number, subject: string, receivedAt: number): void {
    if (seq <= this.seq) throw new RangeError(`number ${seq} does not follow ${this.seq}`);
    if (subject !== this.subject || receivedAt < this.receivedAt) this.startRun(seq, subject, receivedAt);
    this.block.varint(seq - this.seq);
    this.block.varint(receivedAt - this.receivedAt);
    this.seq = seq;
    this.receivedAt = receivedAt;
    this.runCount++;
    this.count++;
  }

  private startRun(seq: number, subject: string, receivedAt: number): void {
    this.endRun();
    this.subject = subject;
    this.runFirst = this.seq = seq;
    this.runReceivedAt = this.receivedAt = receivedAt;
    this.block.text(subject);
  }

  private endRun(): void {
    if (this.runCount === 0) return;
    const { head } = this;
    head.clear();
    head.varint(this.runFirst);
    head.varint(this.runCount);
    head.varint(NOT_SEALED);
    head.varint(this.runReceivedAt);
    this.runs.varint(head.length + this.block.length);
    this.runs.range(head.buffer, 0, head.length);
    this.runs.range(this.block.buffer, 0, this.block.length);
    this.block.clear();
    this.runCount = 0;
  }

  /** The finished unit as a copy of its own; the writer is empty again. */
  finish(producer: ProducerId): EncodedUnit {
    const out = new ByteWriter(this.runs.length + this.block.length + 256);
    const count = this.finishInto(out, producer);
    return { bytes: out.view(), count };
  }

  /** Appends the finished unit to `out` and answers how many items it holds; the writer is empty again. */
  finishInto(out: ByteWriter, producer: ProducerId): number {
    this.endRun();
    const { head, count } = this;
    head.clear();
    head.varint(count);
    head.text(producer.tenant);
    head.text(producer.owner);
    head.text(producer.producer);
    head.varint(producer.epoch);
    head.varint(SCHEMA_VERSION);
    out.varint(head.length + this.runs.length);
    out.range(head.buffer, 0, head.length);
    out.range(this.runs.buffer, 0, this.runs.length);
    this.reset();
    return count;
  }

  /** Forgets everything that was added, also after an error. */
  reset(): void {
    this.runs.clear();
    this.block.clear();
    this.count = this.runCount = this.seq = 0;
    this.subject = null;
  }
}

/** One decoded unit; its items are views into the bytes that were given. */
export interface DecodedUnit {
  producer: ProducerId;
  items: UnitItem[];
}

/** Decodes units that stand one after another. Throws FormatError where they are not what this version writes. */
export function decodeUnits(bytes: Uint8Array): DecodedUnit[] {
  const all = new ByteReader(bytes);
  const units: DecodedUnit[] = [];
  while (!all.done) units.push(decodeUnit(all.block()));
  return units;
}

function decodeUnit(bytes: Uint8Array): DecodedUnit {
  const reader = new ByteReader(bytes);
  const count = reader.varint();
  const producer = { tenant: reader.text(), owner: reader.text(), producer: reader.text(), epoch: reader.varint() };
  const version = reader.varint();
  if (version !== SCHEMA_VERSION) throw new FormatError(`schema version ${version} is not known`);
  const items: UnitItem[] = [];
  while (!reader.done) decodeRun(new ByteReader(reader.block()), items);
  if (items.length !== count) throw new FormatError('count does not match');
  return { producer, items };
}

function decodeRun(run: ByteReader, items: UnitItem[]): void {
  let seq = run.varint();
  let left = run.varint();
  if (run.varint() !== NOT_SEALED) throw new FormatError('run is sealed');
  let receivedAt = run.varint();
  const subject = run.text();
  while (left-- > 0) {
    seq += run.varint();
    receivedAt += run.varint();
    items.push({ seq, subject, receivedAt, body: run.block(), added: run.block() });
  }
  if (!run.done) throw new FormatError('run has trailing bytes');
}

/** The same unit without the events of these numbers. */
export function withoutSeqs(unit: Uint8Array, drop: (seq: number) => boolean): EncodedUnit {
  const writer = new UnitWriter();
  const [decoded] = decodeUnits(unit);
  if (!decoded) return { bytes: unit, count: 0 };
  for (const item of decoded.items) if (!drop(item.seq)) writer.add(item);
  return writer.finish(decoded.producer);
}
