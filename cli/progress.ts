/** One line that tells how far a command is: rewritten in place on a terminal, now and then a new one elsewhere. */
const TERMINAL_MS = 200;
const ELSEWHERE_MS = 5_000;

export class Progress {
  private readonly describe: () => string;
  private readonly terminal = process.stderr.isTTY === true;
  private readonly timer: NodeJS.Timeout;
  private shown = false;

  /** `describe` is asked whenever a line is due. */
  constructor(describe: () => string) {
    this.describe = describe;
    this.timer = setInterval(() => this.show(), this.terminal ? TERMINAL_MS : ELSEWHERE_MS);
    this.timer.unref();
  }

  private show(): void {
    if (!this.terminal) {
      process.stderr.write(`${this.describe()}\n`);
      return;
    }
    const width = Math.max(20, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(`\r\x1b[K${this.describe().slice(0, width)}`);
    this.shown = true;
  }

  /** A line between, above the one that is rewritten. */
  note(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
  }

  stop(): void {
    clearInterval(this.timer);
    this.clear();
  }

  private clear(): void {
    if (this.shown) process.stderr.write('\r\x1b[K');
    this.shown = false;
  }
}
