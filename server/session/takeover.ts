/**
 * Tells the other server processes which connection speaks for a producer, so that the loser is closed there. Over the live bus, which
 * may lose messages: a claim is announced twice, and until it is heard the watermark keeps the log right.
 */
import { decodeMessage, encodeMessage } from '../bus/message.ts';
import { type ClaimMessage, TOPICS } from '../bus/messages.ts';
import type { LiveBus } from '../bus/port.ts';
import { type Claim, wins } from './producers.ts';

const AGAIN_MS = 5_000;
const LOOK_MS = 500;

export interface TakeoverListener {
  /** Who speaks for this producer here. */
  current(key: string): Claim | undefined;
  /** Somebody else speaks for it now. */
  lost(key: string, winner: Claim): void;
}

export class Takeover {
  private readonly bus: LiveBus;
  private readonly process: string;
  private readonly listener: TakeoverListener;
  /** What is to be said again, in order of time. */
  private again: { key: string; claim: Claim; at: number }[] = [];
  private timer: NodeJS.Timeout | null = null;
  private unsubscribe: (() => void) | null = null;

  constructor(bus: LiveBus, process: string, listener: TakeoverListener) {
    this.bus = bus;
    this.process = process;
    this.listener = listener;
  }

  start(): void {
    this.unsubscribe = this.bus.subscribe(TOPICS.producers, (bytes) => this.hear(bytes));
  }

  announce(key: string, claim: Claim): void {
    this.say(key, claim);
    this.again.push({ key, claim, at: performance.now() + AGAIN_MS });
    this.timer ??= setInterval(() => this.sayAgain(), LOOK_MS).unref();
  }

  private sayAgain(): void {
    const now = performance.now();
    const later = this.again.findIndex(({ at }) => at > now);
    const due = this.again.splice(0, later < 0 ? this.again.length : later);
    for (const { key, claim } of due) {
      if (this.listener.current(key)?.session === claim.session) this.say(key, claim);
    }
    if (this.again.length === 0) this.rest();
  }

  private rest(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private say(key: string, claim: Claim): void {
    const message: ClaimMessage = { ...claim, key, process: this.process };
    this.bus.publish(TOPICS.producers, encodeMessage(message));
  }

  private hear(bytes: Uint8Array): void {
    const heard = decodeMessage<ClaimMessage>(bytes);
    if (!isWhole(heard)) return;
    const { key, process, ...claim } = heard;
    if (process === this.process) return;
    const mine = this.listener.current(key);
    if (!mine) return;
    if (wins(claim, mine)) this.listener.lost(key, claim);
    else this.say(key, mine);
  }

  close(): void {
    this.unsubscribe?.();
    this.again = [];
    this.rest();
  }
}

function isWhole(message: Partial<ClaimMessage> | null): message is ClaimMessage {
  if (!message) return false;
  const { key, process, session, epoch, attempt, at } = message;
  const texts = [key, process, session].every((one) => typeof one === 'string');
  return texts && [epoch, attempt, at].every((one) => typeof one === 'number');
}
