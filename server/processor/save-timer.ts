/**
 * When the changes of a scope are saved. All scopes ring at the same moments, multiples of their time, so that storage takes their commits
 * together: a transaction, or a way to Redis, for each of them would cost more than what they hold.
 */
export class SaveTimer {
  private readonly save: () => void;
  private ringing: { handle: NodeJS.Timeout; at: number } | null = null;

  constructor(save: () => void) {
    this.save = save;
  }

  /** At the next multiple of `everyMs`, unless it rings before. */
  set(everyMs: number): void {
    const now = performance.now();
    const at = (Math.floor(now / everyMs) + 1) * everyMs;
    if (this.ringing && this.ringing.at <= at) return;
    this.clear();
    this.ringing = { handle: setTimeout(() => this.save(), Math.ceil(at - now)), at };
  }

  clear(): void {
    if (this.ringing) clearTimeout(this.ringing.handle);
    this.ringing = null;
  }
}
