/**
 * Which numbers of a connection are settled: everything up to `done`, and what came back out of order above it. Partitions commit
 * independently, so the numbers of one frame may settle in any order. A ring of flags, made when first needed.
 */
export class SettledNumbers {
  done: number;
  private flags: Uint8Array | null = null;

  constructor(done: number) {
    this.done = done;
  }

  /** Marks one number. Numbers up to `done` and repeats change nothing. `ahead` bounds how far numbers reach above `done`. */
  add(seq: number): void {
    if (seq <= this.done) return;
    if (seq === this.done + 1) {
      this.done = seq;
      if (this.flags) this.advance(this.flags);
      return;
    }
    const flags = this.reserve(seq - this.done);
    flags[seq % flags.length] = 1;
  }

  private advance(flags: Uint8Array): void {
    for (;;) {
      const slot = (this.done + 1) % flags.length;
      if (flags[slot] === 0) return;
      flags[slot] = 0;
      this.done++;
    }
  }

  private reserve(reach: number): Uint8Array {
    const old = this.flags;
    if (old && reach < old.length) return old;
    let size = old ? old.length : 64;
    while (size <= reach) size *= 2;
    const flags = new Uint8Array(size);
    if (old) for (let i = 1; i < old.length; i++) flags[(this.done + i) % size] = old[(this.done + i) % old.length]!;
    this.flags = flags;
    return flags;
  }
}
