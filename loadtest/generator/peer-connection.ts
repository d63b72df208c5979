/** What connections to peers share: they count, keep as many events unacknowledged as the plan says, and send stretches of the encoded events. */
import type { LoadConnection, LoadConnectionEvents } from './connection.ts';
import type { EncodedEvents } from './events.ts';
import { TEXT } from './frame-writer.ts';
import { type LoadSocket, openLoadSocket } from './load-socket.ts';

export interface PeerTarget {
  url: string;
  producer: string;
  /** Unacknowledged events. */
  inFlight: number;
}

export abstract class PeerConnection implements LoadConnection {
  readonly producer: string;
  sent = 0;
  acknowledged = 0;
  frames = 0;
  bytes = 0;
  readonly grown = true;
  protected socket: LoadSocket | null = null;
  protected readonly events: EncodedEvents;
  private readonly target: PeerTarget;
  private readonly report: LoadConnectionEvents;
  private leaving = false;
  private opened: { resolve(): void; reject(error: Error): void } | null = null;

  constructor(target: PeerTarget, events: EncodedEvents, report: LoadConnectionEvents) {
    this.producer = target.producer;
    this.target = target;
    this.events = events;
    this.report = report;
  }

  abstract open(): Promise<void>;
  protected abstract receive(data: Buffer): void;
  /** Writes the events from `at` up to `end` (indices) as one frame; `this.sent` counts them already. Answers the frame's payload bytes. */
  protected abstract write(socket: LoadSocket, at: number, end: number): number;

  /** Connects. With `shake` it is open only when `ready` was called. */
  protected async connect(path: string, { shake = false } = {}): Promise<void> {
    const ready = shake ? new Promise<void>((resolve, reject) => (this.opened = { resolve, reject })) : null;
    ready?.catch(() => undefined);
    this.socket = await openLoadSocket(this.target.url + path, undefined, {
      message: (data) => this.receive(data),
      closed: (code, reason) => {
        this.socket = null;
        if (!this.leaving) this.fault(`closed with ${code} ${reason}`);
      },
    });
    await ready;
  }

  protected ready(): void {
    this.opened?.resolve();
    this.opened = null;
  }

  protected fault(text: string): void {
    const error = `${this.producer}: ${text}`;
    this.opened?.reject(new Error(error));
    this.opened = null;
    this.report.fault(error);
  }

  /** Everything up to this number is acknowledged. */
  protected settle(upTo: number): void {
    const before = this.acknowledged;
    if (!(upTo > before && upTo <= this.sent))
      return this.fault(`acknowledged ${upTo} after ${before} of ${this.sent}`);
    this.acknowledged = upTo;
    this.report.progress(this, before);
  }

  /** One text message: the events between `head` and `tail`, which are ASCII. Answers its bytes. */
  protected writeText({ writer }: LoadSocket, head: string, at: number, end: number, tail: string): number {
    const { bytes, offsets, separator } = this.events;
    const from = offsets[at]!;
    const to = offsets[end]! - separator;
    const length = head.length + to - from + tail.length;
    writer.begin(TEXT, length);
    writer.ascii(head);
    writer.bytes(bytes, from, to);
    writer.ascii(tail);
    return length;
  }

  send(events: number): number {
    if (!this.socket) return 0;
    const { count: most } = this.events;
    const at = this.sent % most;
    const count = Math.min(events, most - at);
    if (this.sent - this.acknowledged + count > this.target.inFlight) return 0;
    this.sent += count;
    this.bytes += this.write(this.socket, at, at + count);
    this.frames++;
    return count;
  }

  close(): void {
    this.leaving = true;
    this.socket?.close();
  }
}
