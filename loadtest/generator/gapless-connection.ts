/** A publisher of `gapless.v1.msgpack` that keeps every rule of credit and does nothing else. */

import { SendWindow } from '../../protocol/session/send-window.ts';
import { BLOCKED_INTERVAL_MS, codecFor, PATH, type ServerFrame, WINDOW_CAP } from '../../protocol/wire.ts';
import type { LoadConnection, LoadConnectionEvents } from './connection.ts';
import type { EncodedEvents } from './events.ts';
import { BINARY } from './frame-writer.ts';
import { type LoadSocket, openLoadSocket } from './load-socket.ts';

const codec = codecFor('gapless.v1.msgpack');
/** While the window may still grow, credit is used up to the last event even if that cuts a frame short; then only whole frames go. */
const GROWN_EVENTS = WINDOW_CAP.events * 0.8;

export interface GaplessTarget {
  url: string;
  token?: string;
  producer: string;
}

export class GaplessConnection implements LoadConnection {
  readonly producer: string;
  sent = 0;
  acknowledged = 0;
  frames = 0;
  bytes = 0;
  openTimes: { upgradeMs: number; welcomeMs: number } | null = null;
  private readonly target: GaplessTarget;
  private readonly events: EncodedEvents;
  private readonly report: LoadConnectionEvents;
  private socket: LoadSocket | null = null;
  private window = new SendWindow(0, 0, 0);
  private most = { events: 0, bytes: 0 };
  private welcomed: (() => void) | null = null;
  private refused: ((error: Error) => void) | null = null;
  private blockedAt = Number.NEGATIVE_INFINITY;
  private leaving = false;

  constructor(target: GaplessTarget, events: EncodedEvents, report: LoadConnectionEvents) {
    this.producer = target.producer;
    this.target = target;
    this.events = events;
    this.report = report;
  }

  async open(): Promise<void> {
    const begun = performance.now();
    this.socket = await openLoadSocket(this.target.url + PATH, codec.subprotocol, {
      message: (data) => this.receive(codec.decodeServer(data)),
      closed: (code, reason) => this.closed(code, reason),
    });
    const upgraded = performance.now();
    const { token, producer } = this.target;
    const welcome = new Promise<void>((resolve, reject) => {
      this.welcomed = resolve;
      this.refused = reject;
    });
    const hello = { op: 'HELLO', producer, epoch: 1, attempt: 1, clock: Date.now(), agent: 'gapless-load' } as const;
    this.write(codec.encode(token === undefined ? hello : { ...hello, token }) as Uint8Array);
    await welcome;
    this.openTimes = { upgradeMs: upgraded - begun, welcomeMs: performance.now() - upgraded };
  }

  private receive(frame: ServerFrame | null): void {
    switch (frame?.op) {
      case 'WELCOME': {
        const { done, limit, limitBytes, maxFrameEvents, maxFrameBytes } = frame.terms!;
        this.window = new SendWindow(done, limit, limitBytes);
        this.sent = this.acknowledged = done;
        this.most = { events: maxFrameEvents, bytes: maxFrameBytes };
        return this.welcomed!();
      }
      case 'ACK': {
        const before = this.acknowledged;
        this.window.raise(frame.limit, frame.limitBytes);
        this.window.settle(frame.done);
        this.acknowledged = frame.done;
        return this.report.progress(this, before);
      }
      case 'REJECTED':
        return this.report.fault(`${this.producer}: rejected ${JSON.stringify(frame.rejections[0])}`);
      case 'NACK':
        this.window.rewind(frame);
        this.sent = frame.from - 1;
        return this.report.fault(`${this.producer}: NACK ${frame.code} from ${frame.from}: ${frame.message}`);
      case 'GOAWAY':
        if (this.openTimes) this.report.fault(`${this.producer}: GOAWAY ${frame.code}: ${frame.message}`);
    }
  }

  private closed(code: number, reason: string): void {
    this.refused?.(new Error(`closed with ${code} ${reason}`));
    this.socket = null;
    // Before WELCOME whoever opens it hears of it.
    if (!this.leaving && this.openTimes) this.report.fault(`${this.producer}: closed with ${code} ${reason}`);
  }

  send(events: number): number {
    if (!this.socket) return 0;
    const count = this.fitting(events);
    if (count > 0) this.publish(count);
    else if (this.sent === this.acknowledged) this.sayBlocked(events);
    return count;
  }

  get grown(): boolean {
    return this.window.limit - this.acknowledged >= GROWN_EVENTS;
  }

  /** How many of `wanted` events go into the next frame. */
  private fitting(wanted: number): number {
    const { window, events, most } = this;
    const at = this.sent % events.count;
    const allowed = window.limit - this.sent;
    const room = Math.min(window.roomBytes, most.bytes) - PUBLISH_HEADER_BYTES;
    const end = Math.min(wanted, most.events, events.count - at);
    let count = Math.min(end, allowed);
    const base = events.offsets[at]!;
    while (count > 0 && events.offsets[at + count]! - base > room) count--;
    return count < end && this.grown && this.sent > this.acknowledged ? 0 : Math.max(0, count);
  }

  private publish(count: number): void {
    const { events } = this;
    const at = this.sent % events.count;
    const start = events.offsets[at]!;
    const end = events.offsets[at + count]!;
    const length = PUBLISH_HEADER_BYTES + end - start;
    const { writer } = this.socket!;
    writer.begin(BINARY, length);
    writer.bytes(publishHeader(this.sent + 1, count));
    writer.bytes(events.bytes, start, end);
    this.sent += count;
    this.window.record(this.sent, length);
    this.frames++;
    this.bytes += length;
  }

  private sayBlocked(events: number): void {
    const now = performance.now();
    if (now - this.blockedAt < BLOCKED_INTERVAL_MS) return;
    this.blockedAt = now;
    const at = this.sent % this.events.count;
    const upTo = Math.min(at + events, this.events.count);
    const bytes = PUBLISH_HEADER_BYTES + this.events.offsets[upTo]! - this.events.offsets[at]!;
    this.write(codec.encode({ op: 'BLOCKED', seq: this.sent + events, bytes }) as Uint8Array);
  }

  private write(message: Uint8Array): void {
    const { writer } = this.socket!;
    writer.begin(BINARY, message.length);
    writer.bytes(message);
  }

  close(): void {
    this.leaving = true;
    this.socket?.close();
  }
}

/** `[2, first, [` with both numbers in formats of a fixed size, so that only they have to be written. */
export const PUBLISH_HEADER_BYTES = 14;
const header = Buffer.from([0x93, 0x02, 0xcf, 0, 0, 0, 0, 0, 0, 0, 0, 0xdc, 0, 0]);
export function publishHeader(first: number, count: number): Uint8Array {
  header.writeUInt32BE(Math.floor(first / 0x1_0000_0000), 3);
  header.writeUInt32BE(first % 0x1_0000_0000, 7);
  header.writeUInt16BE(count, 12);
  return header;
}
