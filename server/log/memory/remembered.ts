/** A map that forgets an entry when it was not set for a time. Entries stand in the order in which they were last set. */
export class RememberedMap<V> {
  private readonly entries = new Map<string, { value: V; at: number }>();
  private readonly forMs: number;

  constructor(forMs: number) {
    this.forMs = forMs;
  }

  get(key: string): V | undefined {
    return this.entries.get(key)?.value;
  }

  set(key: string, value: V, now: number): void {
    this.entries.delete(key);
    this.entries.set(key, { value, at: now });
  }

  /** Forgets what was not set for longer than the time. */
  forget(now: number): void {
    for (const [key, { at }] of this.entries) {
      if (now - at <= this.forMs) return;
      this.entries.delete(key);
    }
  }

  get size(): number {
    return this.entries.size;
  }
}
