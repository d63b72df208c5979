/** The bus of a server that is alone: within this process, between its threads where it has a name. */
import { BroadcastChannel } from 'node:worker_threads';
import { familyOf } from './messages.ts';
import type { BusHandler, LiveBus } from './port.ts';
import { Topics } from './topics.ts';

interface Message {
  topic: string;
  bytes: Uint8Array;
}

/** One family of topics. Threads that neither publish nor subscribe to it have no part in it: each one costs, whether it listens or not. */
interface Family {
  channel: BroadcastChannel | null;
  /** Published in this turn of the event loop. */
  outgoing: Message[];
}

export class LocalBus implements LiveBus {
  private readonly topics: Topics;
  private readonly name: string | undefined;
  private readonly families = new Map<string, Family>();
  private closed = false;

  /** `onError` hears of what a handler throws. Buses of one name in threads of one process are one bus; without a name it is alone. */
  constructor(onError: (error: unknown) => void = () => {}, name?: string) {
    this.topics = new Topics(onError);
    this.name = name;
  }

  /** Delivers after the caller's own work, as over a network. */
  publish(topic: string, bytes: Uint8Array): void {
    if (this.closed) return;
    const family = this.family(topic);
    // A copy of its own: a clone of a view would carry the whole buffer behind it.
    family.outgoing.push({ topic, bytes: Uint8Array.from(bytes) });
    if (family.outgoing.length === 1) setImmediate(() => this.send(family));
  }

  private family(topic: string): Family {
    const name = familyOf(topic);
    let family = this.families.get(name);
    if (!family) {
      family = {
        channel: this.name === undefined ? null : this.open(`gapless-bus:${this.name}:${name}`),
        outgoing: [],
      };
      this.families.set(name, family);
    }
    return family;
  }

  private open(name: string): BroadcastChannel {
    const channel = new BroadcastChannel(name);
    channel.onmessage = (event) => this.deliver((event as { data: Message[] }).data);
    // Listening alone must not keep the process alive.
    channel.unref();
    return channel;
  }

  /** All of one turn together: handing something to other threads costs much, whatever it is. */
  private send(family: Family): void {
    const messages = family.outgoing.splice(0);
    if (messages.length === 0) return;
    family.channel?.postMessage(messages);
    this.deliver(messages);
  }

  private deliver(messages: readonly Message[]): void {
    for (const { topic, bytes } of messages) if (!this.closed) this.topics.deliver(topic, bytes);
  }

  subscribe(topic: string, handler: BusHandler): () => void {
    // The same function may subscribe twice.
    const own: BusHandler = (bytes) => handler(bytes);
    if (!this.closed) this.family(topic);
    this.topics.add(topic, own);
    return () => void this.topics.remove(topic, own);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.topics.clear();
    for (const family of this.families.values()) {
      this.send(family);
      family.channel?.close();
    }
  }
}
