/** A client of `peers/straightforward.ts`: one JSON message a frame, as many unacknowledged as the plan says. */
import type { LoadConnection, LoadConnectionEvents } from './connection.ts';
import type { EncodedEvents } from './events.ts';
import { TEXT } from './frame-writer.ts';
import { type LoadSocket, openLoadSocket } from './load-socket.ts';

const TAIL = ']}';

export interface StraightforwardTarget {
  url: string;
  producer: string;
  inFlight: number;
}

export class StraightforwardConnection implements LoadConnection {
  readonly producer: string;
  sent = 0;
  acknowledged = 0;
  frames = 0;
  bytes = 0;
  readonly grown = true;
  private readonly target: StraightforwardTarget;
  private readonly events: EncodedEvents;
  private readonly report: LoadConnectionEvents;
  private socket: LoadSocket | null = null;
  private leaving = false;

  constructor(target: StraightforwardTarget, events: EncodedEvents, report: LoadConnectionEvents) {
    this.producer = target.producer;
    this.target = target;
    this.events = events;
    this.report = report;
  }

  async open(): Promise<void> {
    this.socket = await openLoadSocket(this.target.url, undefined, {
      message: (data) => this.receive(JSON.parse(data.toString())),
      closed: (code, reason) => {
        this.socket = null;
        if (!this.leaving) this.report.fault(`${this.producer}: closed with ${code} ${reason}`);
      },
    });
  }

  /** A message's id is the number of its last event; answers come in the order of the messages. */
  private receive(message: { ack?: number; error?: string }): void {
    if (message.ack === undefined) return this.report.fault(`${this.producer}: ${message.error}`);
    const before = this.acknowledged;
    this.acknowledged = message.ack;
    this.report.progress(this, before);
  }

  send(events: number): number {
    if (!this.socket) return 0;
    const { bytes, offsets, separator, count: most } = this.events;
    const at = this.sent % most;
    const count = Math.min(events, most - at);
    if (this.sent - this.acknowledged + count > this.target.inFlight) return 0;
    const start = offsets[at]!;
    const end = offsets[at + count]! - separator;
    this.sent += count;
    const head = `{"id":${this.sent},"events":[`;
    const length = head.length + end - start + TAIL.length;
    const { writer } = this.socket;
    writer.begin(TEXT, length);
    writer.ascii(head);
    writer.bytes(bytes, start, end);
    writer.ascii(TAIL);
    this.frames++;
    this.bytes += length;
    return count;
  }

  close(): void {
    this.leaving = true;
    this.socket?.close();
  }
}
