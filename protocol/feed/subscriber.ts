/** A client's subscriptions on its connection: which `sub` is whose, and what to say about each. Pure; `now` is ms of any steady clock. */
import type { Data, Flow, Gap, Subscribe, Subscribed, Unsubscribe, Unsubscribed } from '../frames.ts';
import { ClientSubscription, type EndReason, type SubscriptionRequest } from './client-subscription.ts';

/**
 * The frames of this side in any second, at most: below the 100 control frames that a server takes, with room for BLOCKED and AUTH. Credit
 * that waits for its turn goes in one FLOW.
 */
const FRAMES_PER_SECOND = 64;
const SECOND_MS = 1_000;

export class Subscriber {
  readonly #all = new Set<ClientSubscription>();
  /** On this connection. A number is never used twice, so never before its UNSUBSCRIBED. */
  readonly #bySub = new Map<number, ClientSubscription>();
  #lastSub = 0;
  #saidAt: number[] = [];

  add(request: SubscriptionRequest): ClientSubscription {
    const subscription = new ClientSubscription(request);
    this.#all.add(subscription);
    return subscription;
  }

  get size(): number {
    return this.#all.size;
  }

  /** The client will not connect again. */
  end(reason: EndReason | null): void {
    for (const subscription of this.#all) subscription.end(reason);
    this.#all.clear();
  }

  /** The connection is gone: everything will be asked for again. */
  disconnected(): void {
    for (const subscription of this.#bySub.values()) {
      subscription.drop();
      this.#forgetEnded(subscription);
    }
    this.#bySub.clear();
    this.#saidAt = [];
  }

  /** `random` is from 0 to 1. Throws ProtocolError for what a server must not send. */
  receive(frame: Subscribed | Data | Gap | Unsubscribed, now: number, random: number): void {
    const subscription = this.#bySub.get(frame.sub);
    if (!subscription) return;
    if (frame.op !== 'UNSUBSCRIBED') return subscription.receive(frame);
    this.#bySub.delete(frame.sub);
    const { code, message } = frame;
    if (subscription.state === 'leaving') subscription.drop();
    else if (code === 'unavailable') subscription.drop(now + subscription.backoff.next(random));
    else subscription.end(code === 'ok' ? null : { code, message });
    this.#forgetEnded(subscription);
  }

  /** What to say next, or null if there is nothing to say now. To be asked until null. */
  next(now: number): Subscribe | Flow | Unsubscribe | null {
    if (this.#all.size === 0 || this.#mayAt > now) return null;
    for (const subscription of this.#all) {
      const frame = this.#frame(subscription, now);
      if (!frame) continue;
      this.#saidAt.push(now);
      if (this.#saidAt.length > FRAMES_PER_SECOND) this.#saidAt.shift();
      // The others come first now.
      if (this.#all.delete(subscription)) this.#all.add(subscription);
      this.#forgetEnded(subscription);
      return frame;
    }
    return null;
  }

  #frame(subscription: ClientSubscription, now: number): Subscribe | Flow | Unsubscribe | null {
    if (subscription.state === 'ended') this.#all.delete(subscription);
    if (subscription.state === 'waiting' && now >= subscription.dueAt) {
      this.#bySub.set(++this.#lastSub, subscription);
      return subscription.subscribe(this.#lastSub);
    }
    const sub = this.#subOf(subscription);
    if (sub === undefined) return null;
    if (subscription.state === 'leaving') {
      // Said once: from here on only UNSUBSCRIBED is waited for.
      this.#all.delete(subscription);
      return { op: 'UNSUBSCRIBE', sub };
    }
    const limit = subscription.raise();
    return limit === null ? null : { op: 'FLOW', sub, limit };
  }

  #subOf(wanted: ClientSubscription): number | undefined {
    for (const [sub, subscription] of this.#bySub) if (subscription === wanted) return sub;
    return undefined;
  }

  #forgetEnded(subscription: ClientSubscription): void {
    if (subscription.state === 'ended') this.#all.delete(subscription);
  }

  /** When the next frame may go: at once, or when the oldest of a full second is that old. */
  get #mayAt(): number {
    return this.#saidAt.length < FRAMES_PER_SECOND ? 0 : this.#saidAt.at(-FRAMES_PER_SECOND)! + SECOND_MS;
  }

  /** When `next` must be asked again though nothing happened, ms; Infinity for not. */
  wakeAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const { state, dueAt, wantsToRaise } of this.#all) {
      if (state === 'waiting') at = Math.min(at, dueAt);
      else if (state === 'leaving' || wantsToRaise) at = 0;
    }
    return Math.max(at, this.#mayAt);
  }
}
