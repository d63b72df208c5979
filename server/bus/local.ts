/** The bus of a server that is alone: within this process, between its threads where it has a name. */
import { BroadcastChannel } from 'node:worker_threads';
import type { BusHandler, LiveBus } from './port.ts';
import { Topics } from './topics.ts';

interface Message {
  topic: string;
  bytes: Uint8Array;
}

export class LocalBus implements LiveBus {
  private readonly topics: Topics;
  private readonly channel: BroadcastChannel | null;
  private readonly outgoing: Message[] = [];
  private closed = false;

  /** `onError` hears of what a handler throws. Buses of one name in threads of one process are one bus; without a name it is alone. */
  constructor(onError: (error: unknown) => void = () => {}, name?: string) {
    this.topics = new Topics(onError);
    this.channel = name === undefined ? null : new BroadcastChannel(`gapless-bus:${name}`);
    if (!this.channel) return;
    this.channel.onmessage = (event) => this.deliver((event as { data: Message[] }).data);
    // Listening alone must not keep the process alive.
    this.channel.unref();
  }

  /** Delivers after the caller's own work, as over a network. */
  publish(topic: string, bytes: Uint8Array): void {
    if (this.closed) return;
    // A copy of its own: a clone of a view would carry the whole buffer behind it.
    this.outgoing.push({ topic, bytes: Uint8Array.from(bytes) });
    if (this.outgoing.length === 1) setImmediate(() => this.send());
  }

  /** All of one turn together: handing something to other threads costs much, whatever it is. */
  private send(): void {
    const messages = this.outgoing.splice(0);
    if (messages.length === 0) return;
    this.channel?.postMessage(messages);
    this.deliver(messages);
  }

  private deliver(messages: readonly Message[]): void {
    for (const { topic, bytes } of messages) if (!this.closed) this.topics.deliver(topic, bytes);
  }

  subscribe(topic: string, handler: BusHandler): () => void {
    // The same function may subscribe twice.
    const own: BusHandler = (bytes) => handler(bytes);
    this.topics.add(topic, own);
    return () => void this.topics.remove(topic, own);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.topics.clear();
    this.send();
    this.channel?.close();
  }
}
