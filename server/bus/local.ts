/** The bus of a server that is alone. */
import type { BusHandler, LiveBus } from './port.ts';
import { Topics } from './topics.ts';

export class LocalBus implements LiveBus {
  private readonly topics: Topics;
  private closed = false;

  /** `onError` hears of what a handler throws. */
  constructor(onError: (error: unknown) => void = () => {}) {
    this.topics = new Topics(onError);
  }

  /** Delivers after the caller's own work, as over a network. */
  publish(topic: string, bytes: Uint8Array): void {
    const copy = Uint8Array.from(bytes);
    setImmediate(() => {
      if (!this.closed) this.topics.deliver(topic, copy);
    });
  }

  subscribe(topic: string, handler: BusHandler): () => void {
    // The same function may subscribe twice.
    const own: BusHandler = (bytes) => handler(bytes);
    this.topics.add(topic, own);
    return () => void this.topics.remove(topic, own);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.topics.clear();
  }
}
