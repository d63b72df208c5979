import type { BusHandler } from './port.ts';

/** Who subscribes to what within this process. */
export class Topics {
  private readonly handlers = new Map<string, Set<BusHandler>>();
  private readonly onError: (error: unknown) => void;

  /** `onError` hears of what a handler throws; the others get the message all the same. */
  constructor(onError: (error: unknown) => void) {
    this.onError = onError;
  }

  /** True if it is the first handler of the topic. */
  add(topic: string, handler: BusHandler): boolean {
    const set = this.handlers.get(topic) ?? new Set();
    this.handlers.set(topic, set.add(handler));
    return set.size === 1;
  }

  /** True if it was the last handler of the topic. */
  remove(topic: string, handler: BusHandler): boolean {
    const set = this.handlers.get(topic);
    if (!set?.delete(handler) || set.size > 0) return false;
    return this.handlers.delete(topic);
  }

  has(topic: string): boolean {
    return this.handlers.has(topic);
  }

  names(): string[] {
    return [...this.handlers.keys()];
  }

  deliver(topic: string, bytes: Uint8Array): void {
    for (const handler of [...(this.handlers.get(topic) ?? [])]) {
      try {
        handler(bytes);
      } catch (error) {
        this.onError(error);
      }
    }
  }

  clear(): void {
    this.handlers.clear();
  }
}
