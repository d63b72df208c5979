/**
 * Compares what the log holds of one producer with the file it came from, line n with number n, in one pass over both. Memory: a few bits a
 * line, and one chunk of the file and of each partition.
 *
 * The events come merged over the partitions by rising number. So one whose line was passed already either stands twice, or came behind
 * a later one of its partition.
 */

import { homePartition, partitionOf } from '../../format/partition.ts';
import { codecFor } from '../../protocol/wire.ts';
import type { StoredLog } from '../../server/engines/engine.ts';
import type { EventFile } from '../input/event-file.ts';
import type { EventLine } from '../input/event-line.ts';
import { streamState } from '../log/scan.ts';
import { Bitmap } from './bitmap.ts';
import { Findings } from './findings.ts';
import { LineCursor } from './line-cursor.ts';
import { type ProducerEvent, producerEvents } from './producer-events.ts';
import { findRejections, type Rejections } from './rejections.ts';
import { differingField } from './same-value.ts';
import { findIds, idKey } from './stored-ids.ts';

export interface VerifyOptions {
  file: EventFile;
  producer: string;
  log: StoredLog;
  /** What the server takes; a larger event was given up by the client and left no dead letter. */
  maxEventBytes: number;
  signal: AbortSignal;
}

const codec = codecFor('gapless.v1.msgpack');

export class Verification {
  readonly findings = new Findings();
  lines = 0;
  blank = 0;
  /** Lines that are no event; their numbers were given up. */
  unreadable = 0;
  /** Lines that stand in the log. */
  stored = 0;
  rejected = 0;
  /** Larger than the server takes, so given up by the client. */
  tooLarge = 0;
  /** Not stored because an event of the same user and `id` is. */
  repeated = 0;
  reasons: Record<string, number> = {};
  /** Retention has removed events, which may be what is missing. */
  trimmed = false;
  private readonly options: VerifyOptions;
  private readonly cursor: LineCursor;
  private readonly seen = new Bitmap();
  /** Events of the file that did not come where they belong; some may still come, out of order. */
  private readonly open = new Bitmap();
  /** The ids of those of them that the server has settled. */
  private readonly ids = new Map<number, string>();
  private highestStored = 0;

  constructor(options: VerifyOptions) {
    this.options = options;
    this.cursor = new LineCursor(options.file);
  }

  /** False if `signal` cut it short. */
  async run(): Promise<boolean> {
    const { log, producer, file, signal } = this.options;
    // There cannot be more lines than bytes.
    const rejections = await findRejections(log, producer, file.size + 1, this.findings);
    this.reasons = rejections.reasons;
    this.trimmed = (await streamState(log, 'events')).some(({ first }) => first > 1);
    const events = producerEvents(log, producer, ({ partition, last, reason }) =>
      this.findings.add('damaged', null, `partition ${partition} up to position ${last} (${reason})`),
    );
    for await (const event of events) {
      if (signal.aborted) return false;
      await this.take(event, rejections);
    }
    for (let line = await this.nextLine(); line; line = await this.nextLine()) {
      if (signal.aborted) return false;
      this.pass(line, rejections);
    }
    if (rejections.highest > this.lines) {
      this.findings.add(
        'unexpected',
        null,
        `dead letter of number ${rejections.highest}, the file has ${this.lines} lines`,
      );
    }
    await this.judgeOpen(rejections);
    return true;
  }

  /** Every line comes by here once. */
  private async nextLine(): Promise<EventLine | null> {
    const line = await this.cursor.next();
    if (line) this.lines++;
    if (line?.kind === 'blank') this.blank++;
    if (line?.kind === 'unreadable') this.unreadable++;
    return line;
  }

  private async take(event: ProducerEvent, rejections: Rejections): Promise<void> {
    const { seq, owner } = event;
    if (owner.epoch !== 1)
      return this.findings.add('unexpected', null, `${place(event)}: number ${seq} of epoch ${owner.epoch}`);
    while (this.cursor.number < seq) {
      const line = await this.nextLine();
      if (!line)
        return this.findings.add(
          'unexpected',
          null,
          `${place(event)}: number ${seq}, the file has ${this.lines} lines`,
        );
      if (this.cursor.number === seq) return this.compare(event, line, rejections);
      this.pass(line, rejections);
    }
    if (this.seen.has(seq)) return this.findings.add('duplicates', seq, place(event));
    this.findings.add('out_of_order', seq, place(event));
    this.compare(event, await this.cursor.again(seq), rejections);
  }

  private compare(event: ProducerEvent, line: EventLine, rejections: Rejections): void {
    const { seq, partition, owner, subject, body, stored } = event;
    this.seen.add(seq);
    if (line.kind !== 'event') return this.findings.add('unexpected', seq, `${place(event)}: the line is ${line.kind}`);
    this.stored++;
    this.highestStored = Math.max(this.highestStored, seq);
    if (rejections.numbers.has(seq)) this.findings.add('contradictory', seq, place(event));
    const { partitions } = this.options.log;
    const home =
      subject === ''
        ? homePartition(owner.tenant, owner.producer, partitions)
        : partitionOf(owner.tenant, subject, partitions);
    if (home !== partition) this.findings.add('misplaced', seq, `${place(event)} instead of ${home}`);
    const field = differingField(line.event, body, stored);
    if (field !== null) this.findings.add('different', seq, `${place(event)}: field ${field}`);
  }

  /** The line under the cursor, whose number did not come where it belongs. */
  private pass(line: EventLine, rejections: Rejections): void {
    if (line.kind !== 'event') return;
    const { number } = this.cursor;
    if (rejections.numbers.has(number)) this.rejected++;
    else if (codec.encodeEvent(line.event).bytes > this.options.maxEventBytes) this.tooLarge++;
    else {
      this.open.add(number);
      const { id, user_id } = line.event;
      if (typeof id === 'string' && number <= rejections.done) this.ids.set(number, idKey(user_id, id));
    }
  }

  /** What is neither stored nor rejected: a repeated id, a number that was never settled, or a loss. */
  private async judgeOpen({ done }: Rejections): Promise<void> {
    if (this.open.size === 0) return;
    const found = await findIds(this.options.log, new Set(this.ids.values()));
    const settled = Math.max(done, this.highestStored);
    for (let number = 1; number <= this.lines; number++) {
      if (!this.open.has(number) || this.seen.has(number)) continue;
      const id = this.ids.get(number);
      if (id !== undefined && found.has(id)) this.repeated++;
      else this.findings.add(number > settled ? 'not_sent' : 'missing', number);
    }
  }
}

function place({ position, partition }: ProducerEvent): string {
  return `position ${position} of partition ${partition}`;
}
