/** Where a server is in its life; only `advance` moves it, and only forward. */
export type LifecycleState =
  /** Opening storage and starting workers; not listening. */
  | 'starting'
  /** Connections are taken. */
  | 'ready'
  /** SIGTERM: nobody new is let in, what was taken is being settled. */
  | 'draining'
  /** Everything is let go of. */
  | 'stopped'
  /** It could not start, or could not stop in order. */
  | 'failed';

const NEXT: Record<LifecycleState, readonly LifecycleState[]> = {
  starting: ['ready', 'failed'],
  ready: ['draining', 'failed'],
  draining: ['stopped', 'failed'],
  stopped: [],
  failed: [],
};

export class Lifecycle {
  state: LifecycleState = 'starting';

  advance(to: LifecycleState): void {
    if (!NEXT[this.state].includes(to)) throw new Error(`a server that is ${this.state} cannot become ${to}`);
    this.state = to;
  }
}
