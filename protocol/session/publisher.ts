/**
 * The server's side of one publishing connection, from WELCOME on: which frames are taken, what is settled, what the client is told.
 * Pure: frames and verdicts in, frames and taken events out through `PublisherSink`; `now` is ms of any steady clock.
 *
 * Invariants:
 *   1. `next - 1` is the highest number taken; numbers are taken without a gap and each once on this connection.
 *   2. A frame is taken whole or refused whole. The checks come in the order: ignored, gap, credit.
 *   3. `done` never passes a number whose verdict is not committed, and REJECTED of a number is sent before the ACK that covers it.
 *   4. `limit` and `limitBytes` never fall; what was taken never exceeds them.
 *   5. After a NACK frames that start above `from` are ignored until one that contains `from` is taken.
 */

import { type CloseName, type NackCode, ProtocolError } from '../codes.ts';
import type { CreditBudget } from '../credit/budget.ts';
import { CreditWindow } from '../credit/window.ts';
import type { Publish, Rejection, ServerFrame } from '../frames.ts';
import { BLOCKED_INTERVAL_MS, type FrameLimits, MAX_NUMBER, STRIKE_WINDOW_MS, STRIKES, WINDOW_CAP } from '../limits.ts';
import { SettledNumbers } from './settled.ts';
import { RateLimit } from './strikes.ts';

/** Between two reports of progress; the protocol's 20 ms would be most of the latency of a quick commit. */
const ACK_PACE_MS = 5;

/** Where a publisher's decisions go. */
export interface PublisherSink {
  send(frame: ServerFrame): void;
  /** The client broke a rule. */
  violation(close: CloseName, message: string): void;
  /** This frame is taken; its first `skip` events were taken before. The frame's bytes must be copied before this returns. */
  take(frame: Publish, skip: number): void;
}

export interface PublisherStart {
  budget: CreditBudget;
  limits: FrameLimits;
  /** Everything up to here is settled. */
  done: number;
  /** What HELLO said is processed; rejections after it are told in WELCOME. */
  clientDone: number;
  /** Remembered rejections, rising by number. */
  rejected: readonly Rejection[];
  /** Size of the merged context that each event holds. */
  contextBytes: number;
}

/** `open`: takes frames; `draining`: after GOAWAY, only settles; `closed`: the connection is gone, bytes are held until settled. */
export type PublisherState = 'open' | 'draining' | 'closed';

export class Publisher {
  state: PublisherState = 'open';
  readonly window: CreditWindow;
  private readonly budget: CreditBudget;
  private readonly limits: FrameLimits;
  private readonly sink: PublisherSink;
  private readonly settled: SettledNumbers;
  private readonly clientDone: number;
  /** Frames taken and not wholly settled, oldest first. */
  private frames: { last: number; bytes: number }[] = [];
  private framesHead = 0;
  private settledBytes = 0;
  private nackFrom: number | null = null;
  private wastedBytes = 0;
  private readonly gaps = new RateLimit(STRIKES, STRIKE_WINDOW_MS);
  private readonly overdrafts = new RateLimit(STRIKES, STRIKE_WINDOW_MS);
  /** Verdicts of rejected numbers: what is still to be told, and what a repeat is answered with. */
  private untold: Rejection[] = [];
  private told: Map<number, Rejection> | null = null;
  private reported: { done: number; limit: number; limitBytes: number; at: number };
  /** Progress was made that is not reported yet. */
  private unreported = false;
  /** A frame came that was settled already: its ACK is repeated even though nothing changed. */
  private owesAck = false;

  constructor(sink: PublisherSink, start: PublisherStart) {
    this.budget = start.budget;
    this.limits = start.limits;
    this.sink = sink;
    this.clientDone = start.clientDone;
    this.settled = new SettledNumbers(start.done);
    this.window = new CreditWindow(start.budget, start.done, start.contextBytes);
    for (const rejection of start.rejected) this.remember(rejection);
    this.reported = { done: start.done, limit: this.window.limit, limitBytes: this.window.limitBytes, at: 0 };
  }

  get done(): number {
    return this.settled.done;
  }

  /** The number expected next. */
  get next(): number {
    return this.window.received + 1;
  }

  /** What WELCOME tells of numbers and credit. */
  terms(): { done: number; rejected?: Rejection[]; limit: number; limitBytes: number } {
    const { done } = this;
    const rejected = [...(this.told?.values() ?? [])].filter(([seq]) => seq > this.clientDone && seq <= done);
    return {
      done,
      ...(rejected.length > 0 && { rejected }),
      limit: this.window.limit,
      limitBytes: this.window.limitBytes,
    };
  }

  publish(frame: Publish, now: number): void {
    if (this.state === 'closed') return;
    const last = this.check(frame);
    if (this.nackFrom !== null && frame.first > this.nackFrom) return this.waste(frame.bytes);
    if (this.state === 'draining') return this.nack('going_away', 'the server takes no more frames on this connection');
    if (frame.first > this.next) return this.gap(frame, now);
    if (!this.window.allows(last, frame.bytes)) return this.overdraft(frame, last, now);
    this.accept(frame, last, now);
  }

  private check(frame: Publish): number {
    if (frame.bytes > this.limits.maxFrameBytes) throw new ProtocolError('frame is too large', 'too_large');
    if (frame.count > this.limits.maxFrameEvents) throw new ProtocolError('too many events in a frame');
    if (frame.first > MAX_NUMBER - frame.count + 1) throw new ProtocolError('number is too large');
    return frame.first + frame.count - 1;
  }

  private gap(frame: Publish, now: number): void {
    if (this.gaps.hit(now)) return this.sink.violation('sequence_violation', 'three sequence gaps in a minute');
    this.nack('sequence_gap', `expected ${this.next}, got ${frame.first}`);
    this.waste(frame.bytes);
  }

  private overdraft(frame: Publish, last: number, now: number): void {
    if (this.overdrafts.hit(now))
      return this.sink.violation('credit_violation', 'three frames over credit in a minute');
    this.nack(
      'over_credit',
      `limit is ${this.window.limit} and ${this.window.limitBytes} bytes, the frame reaches ${last}`,
    );
    this.window.block(frame.bytes);
    this.waste(frame.bytes);
    this.report(now);
  }

  private nack(code: NackCode, message: string): void {
    this.nackFrom = this.next;
    this.sink.send({ op: 'NACK', from: this.next, code, message });
  }

  /** Bytes that were sent in vain; more than a full window of them is no accident. */
  private waste(bytes: number): void {
    this.wastedBytes += bytes;
    if (this.wastedBytes > WINDOW_CAP.bytes)
      this.sink.violation('credit_violation', 'too many bytes beyond the limits');
  }

  private accept(frame: Publish, last: number, now: number): void {
    const skip = Math.max(0, Math.min(frame.count, this.next - frame.first));
    if (last >= this.next) {
      this.nackFrom = null;
      this.wastedBytes = 0;
    }
    this.window.receive(last, frame.bytes);
    this.frames.push({ last, bytes: frame.bytes });
    this.sink.take(frame, skip);
    this.repeatVerdicts(frame.first, Math.min(last, this.done));
    this.releaseFrames();
    if (last <= this.done) this.owesAck = true;
    this.report(now);
  }

  /** Most connections never have one. */
  private remember(rejection: Rejection): void {
    this.told ??= new Map();
    this.told.set(rejection[0], rejection);
  }

  private repeatVerdicts(first: number, last: number): void {
    if (!this.told) return;
    for (let seq = first; seq <= last; seq++) {
      const rejection = this.told.get(seq);
      if (rejection) this.untold.push(rejection);
    }
  }

  /** The client waits with a frame of `bytes`. */
  blocked(bytes: number, now: number): void {
    if (this.state !== 'open') return;
    this.window.block(Math.min(bytes, this.limits.maxFrameBytes));
    this.report(now);
  }

  /** Verdicts of these numbers are committed; `rejections` are those of them that were rejected. */
  settle(seqs: readonly number[], rejections: readonly Rejection[], now: number): void {
    for (const rejection of rejections) {
      this.untold.push(rejection);
      this.remember(rejection);
    }
    for (const seq of seqs) this.settled.add(seq);
    if (this.settled.done === this.window.done) return;
    this.releaseFrames();
    this.forgetVerdicts();
    if (this.state !== 'closed') this.report(now);
  }

  private releaseFrames(): void {
    while (this.framesHead < this.frames.length && this.frames[this.framesHead]!.last <= this.done) {
      this.settledBytes += this.frames[this.framesHead]!.bytes;
      this.framesHead++;
    }
    if (this.framesHead > 64) {
      this.frames = this.frames.slice(this.framesHead);
      this.framesHead = 0;
    }
    this.window.settle(this.done, this.settledBytes);
  }

  private forgetVerdicts(): void {
    for (const seq of this.told?.keys() ?? []) {
      if (seq > this.done - WINDOW_CAP.events) return;
      this.told!.delete(seq);
    }
  }

  /** The client reads again, or does not; while it does not its credit is not raised. */
  setReading(reading: boolean, now: number): void {
    this.window.frozen = !reading;
    if (reading) this.report(now);
  }

  /** Time passed, or the budget changed. */
  tick(now: number): void {
    if (this.state !== 'closed') this.report(now);
  }

  /** When `tick` has something to do next, ms; null if nothing waits. */
  get deadline(): number | null {
    if (this.state === 'closed') return null;
    if (this.window.blocked) return this.reported.at + BLOCKED_INTERVAL_MS;
    return this.unreported ? this.reported.at + ACK_PACE_MS : null;
  }

  /** GOAWAY was sent: no frame is taken any more. */
  drain(): void {
    if (this.state === 'open') this.state = 'draining';
  }

  /** Everything that was taken is settled. */
  get drained(): boolean {
    return this.window.unsettled === 0;
  }

  /** The connection is about to be closed: what is settled and not told yet goes out now. */
  conclude(now: number): void {
    if (this.done === this.reported.done) return;
    this.tellVerdicts();
    this.acknowledge(now);
  }

  /** The connection is gone. What was taken is still held until it is settled. */
  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.window.close();
  }

  /** What was taken will never be settled (its source failed): nothing is held any longer. */
  abandon(): void {
    this.close();
    this.window.settle(this.window.received, this.window.receivedBytes);
  }

  /** The one place that decides whether an ACK goes out now. */
  private report(now: number): void {
    if (this.state === 'open') this.refill();
    const { limit, limitBytes, blocked } = this.window;
    const { done, reported } = this;
    const changed = this.owesAck || done > reported.done || limit > reported.limit || limitBytes > reported.limitBytes;
    this.unreported ||= changed;
    const due =
      (blocked && (changed || now - reported.at >= BLOCKED_INTERVAL_MS)) ||
      (changed &&
        (this.window.unsettled === 0 ||
          done - reported.done >= (reported.limit - reported.done) / 2 ||
          now - reported.at >= ACK_PACE_MS));
    if (due || this.untold.length >= this.limits.maxFrameEvents) this.tellVerdicts();
    if (due) this.acknowledge(now);
  }

  private refill(): void {
    this.window.replenish();
    if (this.window.blocked && this.window.unsettled === 0) this.budget.serveWaiting();
  }

  private tellVerdicts(): void {
    const most = this.limits.maxFrameEvents;
    if (this.untold.length > 1) this.untold.sort((a, b) => a[0] - b[0]);
    for (let i = 0; i < this.untold.length; i += most) {
      this.sink.send({ op: 'REJECTED', rejections: this.untold.slice(i, i + most) });
    }
    this.untold = [];
  }

  private acknowledge(now: number): void {
    const { done } = this;
    const { limit, limitBytes } = this.window;
    this.reported = { done, limit, limitBytes, at: now };
    this.unreported = false;
    this.owesAck = false;
    this.sink.send({ op: 'ACK', done, limit, limitBytes, level: this.budget.level });
  }
}
