/**
 * One light producer that sends an event every few ms and times each: shows to the tick when a server is well, which a histogram over a second cannot.
 * It runs in the process of whoever asks and costs next to nothing.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { calmSince } from '../harness/calm.ts';
import { asMsgpack, planEvents } from './events.ts';
import { GaplessConnection } from './gapless-connection.ts';
import { Latencies } from './percentiles.ts';
import type { ConnectionTally, EventPlan, Percentiles } from './plan.ts';

const EVERY_MS = 20;
/** How long it must be well to count as recovered. */
const CALM_MS = 500;

export interface ProbeTarget {
  url: string;
  token?: string | undefined;
  producer: string;
  events: EventPlan;
}

export class Probe {
  readonly faults: string[] = [];
  private readonly connection: GaplessConnection;
  private readonly producer: string;
  /** When each event was due, by number - 1, and how long it took to its acknowledgement; ms. */
  readonly due: number[] = [];
  readonly took: number[] = [];
  private sent = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor({ url, token, producer, events }: ProbeTarget) {
    this.producer = producer;
    const target = { url, producer, ...(token !== undefined && { token }) };
    this.connection = new GaplessConnection(target, asMsgpack(planEvents(events)(0)), {
      progress: ({ acknowledged }) => this.progress(acknowledged),
      fault: (text) => this.faults.push(text),
    });
  }

  async start(): Promise<void> {
    await this.connection.open();
    this.timer = setInterval(() => {
      this.due.push(performance.now());
      this.push();
    }, EVERY_MS);
  }

  private push(): void {
    while (this.sent < this.due.length && this.connection.send(1) === 1) this.sent++;
  }

  private progress(acknowledged: number): void {
    const now = performance.now();
    while (this.took.length < acknowledged) this.took.push(now - this.due[this.took.length]!);
    this.push();
  }

  /** Of events that were due from `from` to before `to`, ms of this process's clock; one without an answer counts with its time so far. */
  latency(from: number, to: number): Percentiles {
    const found = new Latencies();
    for (const [i, at] of this.due.entries()) {
      if (at >= from && at < to) found.record(this.took[i] ?? performance.now() - at);
    }
    return found.summary();
  }

  /**
   * Waits until events that are due after `from` are answered within `ms` again, nearly all for half a second. Answers how many ms after `from` the
   * first of those was due; null if that takes longer than `mostMs`.
   */
  async recovered(from: number, ms: number, mostMs: number): Promise<number | null> {
    for (const end = performance.now() + mostMs; performance.now() < end; await delay(EVERY_MS)) {
      const since = calmSince(this, from, ms, CALM_MS, performance.now());
      if (since !== null) return since - from;
    }
    return null;
  }

  /** Sends no more, waits for what is under way, and leaves. */
  async stop(mostMs = 20_000): Promise<ConnectionTally> {
    if (this.timer) clearInterval(this.timer);
    const { connection, producer } = this;
    for (const end = performance.now() + mostMs; performance.now() < end; await delay(EVERY_MS)) {
      if (connection.sent === connection.acknowledged && this.sent === this.due.length) break;
    }
    connection.close();
    return { producer, connection: 0, sent: connection.sent, acknowledged: connection.acknowledged };
  }
}
