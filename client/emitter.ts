/** Named listeners. One that throws disturbs nobody: its error surfaces as an uncaught one, like that of any event handler. */
// biome-ignore lint/suspicious/noExplicitAny: listeners of any shape; `on` and `emit` are typed
type Listeners = Record<string, (...args: any[]) => void>;

export class Emitter<L extends { [K in keyof L]: Listeners[string] }> {
  readonly #listeners = new Map<keyof L, Set<L[keyof L]>>();

  on<K extends keyof L>(name: K, listener: L[K]): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Whether anybody listens: what is costly to make need not be made otherwise. */
  has(name: keyof L): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit<K extends keyof L>(name: K, ...args: Parameters<L[K]>): void {
    const listeners = this.#listeners.get(name);
    if (listeners) for (const listener of listeners) guarded(listener, ...args);
  }
}

/** Calls the application's code: what it throws must not stop ours. */
export function guarded<A extends unknown[]>(callback: (...args: A) => void, ...args: A): void {
  try {
    callback(...args);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
