/**
 * The credit of one publishing connection, as the server keeps it. Limits are absolute and only grow:
 *   limit      the highest number the client may send
 *   limitBytes the bytes of PUBLISH payloads it may send, counted from WELCOME
 * Credit is granted from what is settled, so slow storage closes the window by itself.
 */
import { WINDOW_CAP, WINDOW_START } from '../limits.ts';
import { type CreditBudget, PRESSURE_LOW } from './budget.ts';

export class CreditWindow {
  private readonly budget: CreditBudget;
  /** Bytes that each event holds beside its own: the connection's merged context. */
  private readonly contextBytes: number;
  limit: number;
  limitBytes = 0;
  /** Everything up to here is settled. */
  done: number;
  settledBytes = 0;
  /** Everything up to here was received. */
  received: number;
  receivedBytes = 0;
  /** How much may be outstanding. */
  events: number = WINDOW_START.events;
  bytes: number = WINDOW_START.bytes;
  /** The client does not read: its credit is not raised. */
  frozen = false;
  /** Rounds of the budget through which it had what it was waiting for and sent nothing. */
  idleRounds = 0;
  /** What the client says it waits with; null while it is not blocked. */
  private wanted: number | null = null;
  /** The client used up what it had since the window last grew; and what it had sent by then. */
  private limited = false;
  private grewAt: number;
  private open = true;
  private held = 0;

  constructor(budget: CreditBudget, done: number, contextBytes: number) {
    this.budget = budget;
    this.contextBytes = contextBytes;
    this.limit = this.done = this.received = this.grewAt = done;
    budget.windows.add(this);
    this.replenish();
  }

  /** Events received and not settled. */
  get unsettled(): number {
    return this.received - this.done;
  }

  /** Bytes granted and not used. */
  get unused(): number {
    return this.limitBytes - this.receivedBytes + (this.limit - this.received) * this.contextBytes;
  }

  get blocked(): boolean {
    return this.wanted !== null;
  }

  allows(last: number, bytes: number): boolean {
    return last <= this.limit && this.receivedBytes + bytes <= this.limitBytes;
  }

  /** A frame was taken. */
  receive(last: number, bytes: number): void {
    const average = bytes / Math.max(1, last - this.received);
    this.received = Math.max(this.received, last);
    this.receivedBytes += bytes;
    if (this.blocked) this.unblock();
    if (this.received >= this.limit || this.limitBytes - this.receivedBytes < 2 * average) this.limited = true;
    this.account();
  }

  settle(done: number, settledBytes: number): void {
    this.done = done;
    this.settledBytes = settledBytes;
    this.account();
  }

  /** The client waits with a frame of `bytes`. It keeps its place in the queue until a frame is taken. */
  block(bytes: number): void {
    this.wanted = bytes;
    this.limited = true;
    if (this.open) this.budget.waiting.add(this);
  }

  private unblock(): void {
    this.wanted = null;
    this.idleRounds = 0;
    this.budget.waiting.delete(this);
  }

  /**
   * Raises the limits as far as window and budget allow; by less than half a window only for a client that has nothing else under way:
   * each little bit of credit would be answered with a little frame (the silly window syndrome, RFC 1122, 4.2.3.3). True if one rose.
   */
  replenish(): boolean {
    if (!this.open || this.frozen) return false;
    if (this.budget.rationed) return this.starve();
    this.resize();
    const moreEvents = Math.max(0, this.done + this.events - this.limit);
    const moreBytes = Math.max(0, this.settledBytes + this.bytes - this.limitBytes);
    const little = 2 * moreEvents < this.events && 2 * moreBytes < this.bytes;
    if (little && this.unsettled > 0 && !this.blocked) return false;
    const cost = moreBytes + moreEvents * this.contextBytes;
    this.budget.starved.delete(this);
    if (cost === 0 && moreEvents === 0) return false;
    const room = Math.max(0, this.budget.room());
    if (cost <= room) return this.raise(moreEvents, moreBytes);
    this.starve();
    const share = room / cost;
    return this.raise(Math.floor(moreEvents * share), Math.floor(moreBytes * share));
  }

  private starve(): false {
    this.budget.starved.add(this);
    return false;
  }

  /** Grows while the client is limited and the server is well; gives way to its fair share when it is not. */
  private resize(): void {
    const fair = this.budget.fairBytes();
    if (this.bytes > fair && this.bytes > WINDOW_START.bytes) this.setWindow(this.events * (fair / this.bytes), fair);
    else if (this.limited && this.received > this.grewAt && this.budget.pressure < PRESSURE_LOW) {
      this.setWindow(this.events * 2, Math.min(this.bytes * 2, fair));
      this.limited = false;
      this.grewAt = this.received;
    }
  }

  private setWindow(events: number, bytes: number): void {
    const before = this.bytes > WINDOW_START.bytes;
    this.events = Math.min(WINDOW_CAP.events, Math.max(WINDOW_START.events, Math.floor(events)));
    this.bytes = Math.min(WINDOW_CAP.bytes, Math.max(WINDOW_START.bytes, Math.floor(bytes)));
    this.budget.grown += Number(this.bytes > WINDOW_START.bytes) - Number(before);
  }

  /** What a blocked connection needs at least: one event, and the bytes it asked for up to one largest event. */
  private least(): { events: number; bytes: number } {
    const bytes = Math.min(this.wanted ?? 0, this.budget.settings.largestEvent);
    return {
      events: Math.max(0, this.received + 1 - this.limit),
      bytes: Math.max(0, this.receivedBytes + bytes - this.limitBytes),
    };
  }

  leastCost(): number {
    const { events, bytes } = this.least();
    return bytes + events * this.contextBytes;
  }

  /** Grants a blocked connection what it needs at least; `short` if the whole budget has no room for it. */
  grantLeast(): 'raised' | 'enough' | 'short' {
    const { events, bytes } = this.least();
    if (events === 0 && bytes === 0) return 'enough';
    if (this.leastCost() > this.budget.lastRoom()) return 'short';
    this.raise(events, bytes);
    return 'raised';
  }

  private raise(events: number, bytes: number): boolean {
    if (events <= 0 && bytes <= 0) return false;
    this.limit += events;
    this.limitBytes += bytes;
    this.account();
    return true;
  }

  /** The connection is gone: what was granted and not used is free at once, what was received is held until it is settled. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.unblock();
    this.setWindow(WINDOW_START.events, WINDOW_START.bytes);
    this.limit = this.received;
    this.limitBytes = this.receivedBytes;
    this.budget.windows.delete(this);
    this.budget.starved.delete(this);
    this.account();
  }

  private account(): void {
    const held = this.limitBytes - this.settledBytes + (this.limit - this.done) * this.contextBytes;
    this.budget.used += held - this.held;
    this.held = held;
  }
}
