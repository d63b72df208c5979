/**
 * Producers of this process that number events which come without a number of their own, used in turn. So an append in doubt can be
 * repeated like any other. A lane that failed is replaced by a new producer.
 */
import { randomBytes } from 'node:crypto';
import type { ProducerId } from '../../format/producer-key.ts';
import { Desk } from './desk.ts';
import type { Ingest } from './ingest.ts';
import type { Source } from './source.ts';

export interface Lane {
  id: ProducerId;
  desk: Desk;
  source: Source;
  next: number;
}

export class Lanes {
  private readonly ingest: Ingest;
  private readonly prefix: string;
  private readonly lanes: Lane[];
  private turn = 0;

  /** `prefix` begins the producers' names; the rest is 96 random bits. */
  constructor(ingest: Ingest, count: number, prefix: string) {
    this.ingest = ingest;
    this.prefix = prefix;
    this.lanes = Array.from({ length: count }, (_, index) => this.open(index));
  }

  private open(index: number): Lane {
    const producer = `${this.prefix}${randomBytes(12).toString('base64url')}`;
    const id = { tenant: 'default', owner: '', producer, epoch: 1 };
    const desk: Desk = new Desk(0, () => {
      this.ingest.abandon(lane.source);
      this.lanes[index] = this.open(index);
    });
    const lane: Lane = { id, desk, source: this.ingest.open(id, desk), next: 1 };
    return lane;
  }

  reserve(count: number): Lane & { first: number } {
    this.turn = (this.turn + 1) % this.lanes.length;
    const lane = this.lanes[this.turn]!;
    const first = lane.next;
    lane.next += count;
    return { first, ...lane };
  }
}
