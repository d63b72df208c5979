/** A file's lines one after another, and any earlier one again: where each chunk of lines began is remembered. */

import type { EventFile } from '../input/event-file.ts';
import { type EventLine, parseEventLine } from '../input/event-line.ts';
import type { LineBatch } from '../input/lines.ts';

const NO_LINES: LineBatch = { first: 1, offset: 0, lines: [] };

export class LineCursor {
  /** The number of the line that `next` returned last; 0 before the first. */
  number = 0;
  private readonly file: EventFile;
  private readonly batches: AsyncGenerator<LineBatch>;
  private batch = NO_LINES;
  private readonly starts: { first: number; offset: number }[] = [];
  private earlier = NO_LINES;

  constructor(file: EventFile) {
    this.file = file;
    this.batches = file.lines();
  }

  /** null at the end; `number` then stays where it is. */
  async next(): Promise<EventLine | null> {
    while (this.number + 1 >= this.batch.first + this.batch.lines.length) {
      const step = await this.batches.next();
      if (step.done) return null;
      this.batch = step.value;
      this.starts.push({ first: this.batch.first, offset: this.batch.offset });
    }
    this.number++;
    return parseEventLine(this.batch.lines[this.number - this.batch.first]!);
  }

  /** A line that `next` has returned already. */
  async again(number: number): Promise<EventLine> {
    let line = at(this.earlier, number);
    if (line === undefined) {
      const start = this.starts.findLast(({ first }) => first <= number)!;
      for await (const batch of this.file.linesFrom(start.first, start.offset)) {
        this.earlier = batch;
        line = at(batch, number);
        if (line !== undefined) break;
      }
    }
    return parseEventLine(line ?? '');
  }
}

function at({ first, lines }: LineBatch, number: number): LineBatch['lines'][number] | undefined {
  return number < first ? undefined : lines[number - first];
}
