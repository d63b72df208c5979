/**
 * One of autocannon's connections: gives it requests when they are due, checks what comes back, and keeps the tally.
 *
 * autocannon can limit a rate, but it sends a second's requests one after another at the beginning of the second, and where it corrects
 * latencies for requests that could not be sent it takes 1 ms for their distance, whatever the rate. So the pace is kept here: a request
 * waits in front of autocannon until it is due, and its latency counts from then, however long the one before it took.
 */
import type { Client, Request } from 'autocannon';
import { checkAnswer } from './answer.ts';
import type { Bodies, Body } from './bodies.ts';

/** `idle`: nothing is due; `waiting`: for its time; `sent`: for the answer; `ended`: sends no more. */
type State = 'idle' | 'waiting' | 'sent' | 'ended';

export interface ConnectionParts {
  producer: string;
  bodies: Bodies;
  contentType: string;
  token?: string | undefined;
  nextSize(): number;
  /** When its request n is due, on the clock of `performance.now()`; null: as soon as the last one is answered. */
  due: ((n: number) => number) | null;
  /** The code that the event of this number must be refused with; null for a good one. */
  refusal(seq: number): string | null;
  /** A request whose answer is lost or says so goes out again. */
  mayRepeat: boolean;
  report: ConnectionReport;
}

export interface ConnectionReport {
  /** A request went out; `lateMs` after it was due and the one before it was answered. */
  sent(lateMs: number): void;
  /** It was settled, or the load ended before it could go; `due` and `at` on the clock of `performance.now()`. */
  settled(due: number, at: number): void;
  unsent(due: number, at: number): void;
  status(status: number): void;
  fault(text: string): void;
}

/** A request that is made and not settled. */
interface Pending extends Body {
  first: number;
  count: number;
  tries: number;
}

const RETRY_MS = 1_000;
/** Nothing was stored, or it is not known; the same request goes again. */
const AGAIN = new Set([429, 503]);

export class HttpConnection {
  readonly producer: string;
  sent = 0;
  /** Settled: stored, or refused for good. */
  acknowledged = 0;
  rejected = 0;
  requests = 0;
  bytes = 0;
  private readonly parts: ConnectionParts;
  private state: State = 'idle';
  private last = false;
  private pending: Pending | null = null;
  private due = 0;
  /** From when on nothing but its time keeps the next request. */
  private free = 0;
  private timer: NodeJS.Timeout | undefined;
  private send = (): void => undefined;

  constructor(parts: ConnectionParts) {
    this.parts = parts;
    this.producer = parts.producer;
  }

  /** From now on this says when the client sends, and what. */
  attach(client: Client): void {
    const send = client._doRequest;
    if (typeof send !== 'function') throw new Error('autocannon 8 is needed: another version sends in another way');
    this.send = send.bind(client);
    client._doRequest = () => this.next();
    client.on('connError', ({ message }) => this.fail(message));
    client.setRequests([
      { setupRequest: (request) => this.prepare(request), onResponse: (status, body) => this.answered(status, body) },
    ]);
  }

  /** What is on its way is still waited for, and repeated if need be. */
  stop(): void {
    this.last = true;
    if (this.parts.due) this.countUnsent(this.parts.due);
    if (this.pending?.tries) return;
    clearTimeout(this.timer);
    this.state = 'ended';
  }

  private countUnsent(due: (n: number) => number): void {
    const now = performance.now();
    for (let n = this.requests; due(n) <= now; n++) this.parts.report.unsent(due(n), now);
  }

  /** autocannon would send now: the last request is answered, or the connection was opened anew. */
  private next(): void {
    if (this.state === 'waiting' || this.state === 'ended') return;
    if (this.state === 'sent') return this.parts.mayRepeat ? this.go() : this.fail('the connection was lost');
    const now = performance.now();
    this.free = now;
    if (this.pending?.tries) return this.wait(now + RETRY_MS, now);
    if (this.last) {
      this.state = 'ended';
      return;
    }
    this.due = this.parts.due ? this.parts.due(this.requests) : now;
    this.wait(this.due, now);
  }

  private wait(until: number, now: number): void {
    if (until <= now) return this.go();
    this.state = 'waiting';
    if (until < Number.POSITIVE_INFINITY) this.timer = setTimeout(() => this.go(), until - now);
  }

  private go(): void {
    this.state = 'sent';
    this.send();
    const pending = this.pending!;
    if (pending.tries++ > 0) return;
    this.requests++;
    this.sent += pending.count;
    this.bytes += pending.bytes.length;
    this.parts.report.sent(performance.now() - Math.max(this.due, this.free));
  }

  /** autocannon asks for the request that it is about to send; for the very first one already when it is set up. */
  private prepare(request: Request): Request {
    this.pending ??= this.make();
    const { path, bytes } = this.pending;
    const { contentType, token } = this.parts;
    const headers = { 'content-type': contentType, ...(token && { authorization: `Bearer ${token}` }) };
    return { ...request, method: 'POST', path, headers, body: bytes };
  }

  private make(): Pending {
    const first = this.sent + 1;
    const count = this.parts.nextSize();
    return { ...this.parts.bodies.make(first, count), first, count, tries: 0 };
  }

  private answered(status: number, body: string): void {
    const pending = this.pending;
    if (this.state !== 'sent' || !pending) return this.fail(`answered with ${status} although nothing was asked`);
    this.parts.report.status(status);
    if (AGAIN.has(status) && this.parts.mayRepeat) {
      this.state = 'idle';
      return;
    }
    const { first, count, tries } = pending;
    const refusal = (index: number) => this.parts.refusal(first + index);
    const found = checkAnswer(status, body, { count, refusal, repeated: tries > 1 });
    if (typeof found === 'string') return this.fail(found);
    this.state = 'idle';
    this.pending = null;
    this.acknowledged += count;
    this.rejected += found;
    this.parts.report.settled(this.due, performance.now());
  }

  /** Nothing more can be said of what this connection sends. */
  private fail(text: string): void {
    this.state = 'ended';
    this.parts.report.fault(`${this.producer}: ${text}`);
  }
}
