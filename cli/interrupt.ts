/** Ctrl-C and SIGTERM: the first asks the command to end well, the second ends it. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

export interface Interruption {
  signal: AbortSignal;
  /** Exit code of the signal that came, for commands that it cut short. */
  exitCode(): number;
  /** Hands the signals back. */
  release(): void;
}

export function onInterrupt(first?: () => void): Interruption {
  const controller = new AbortController();
  let exitCode = 0;
  const handlers = (Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]).map((name) => {
    const handler = (): void => {
      if (controller.signal.aborted) process.exit(SIGNALS[name]);
      exitCode = SIGNALS[name];
      controller.abort();
      first?.();
    };
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    release: () => {
      for (const release of handlers) release();
    },
  };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
