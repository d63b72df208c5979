/** Once in a while: how the processor does, for its owner, and how far the group has come, for retention. */
import type { ProcessorFigures } from '../feeds/figures.ts';
import type { LogState } from '../log/port.ts';
import type { PartitionFigures, Progress } from './progress.ts';

export type Counts = Pick<ProcessorFigures, 'poisoned' | 'trimmed' | 'damaged'> & { folded: number };

export interface ReporterParts {
  progress: Progress;
  /** The log's state; throws where it does not answer. */
  look(): Promise<LogState>;
  owned(): number[];
  state(): ProcessorFigures['state'];
  /** Since the start. */
  counts(): Counts;
  index(): ProcessorFigures['index'];
  report(figures: ProcessorFigures): void;
  trouble(error: unknown): void;
  everyMs: number;
}

/** The group's position is written, and the rate taken, no more often: a second, but for what a timer may be early. */
const SLOW_MS = 900;

export class Reporter {
  private readonly parts: ReporterParts;
  private readonly timer: NodeJS.Timeout;
  private work: Promise<void> | null = null;
  /** Figures do not wait for storage to take a position. */
  private committing: Promise<void> | null = null;
  private committedAt = Number.NEGATIVE_INFINITY;
  private partitions: PartitionFigures[] = [];
  private before = { folded: 0, at: performance.now() };
  private foldedPerSecond = 0;

  constructor(parts: ReporterParts) {
    this.parts = parts;
    this.timer = setInterval(() => {
      this.work ??= this.run().finally(() => {
        this.work = null;
      });
    }, parts.everyMs);
  }

  private async run(): Promise<void> {
    const { parts } = this;
    try {
      const state = await parts.look();
      this.partitions = await parts.progress.measure(parts.owned(), state);
      this.commit();
    } catch (error) {
      // What was measured last is told again, as far as it is still owned.
      parts.trouble(error);
      const owned = new Set(parts.owned());
      this.partitions = this.partitions.filter(({ partition }) => owned.has(partition));
    }
    parts.report(this.figures());
  }

  private commit(): void {
    const now = performance.now();
    if (this.committing || now - this.committedAt < SLOW_MS) return;
    this.committedAt = now;
    this.committing = this.parts.progress
      .commit(this.partitions)
      .catch((error) => this.parts.trouble(error))
      .finally(() => {
        this.committing = null;
      });
  }

  private figures(): ProcessorFigures {
    const { partitions, parts } = this;
    const { folded, ...counts } = parts.counts();
    const at = performance.now();
    const { before } = this;
    if (at - before.at >= SLOW_MS) {
      this.foldedPerSecond = ((folded - before.folded) * 1000) / (at - before.at);
      this.before = { folded, at };
    }
    return {
      ...{ state: parts.state(), partitions, foldedPerSecond: this.foldedPerSecond, ...counts, index: parts.index() },
      lag: partitions.reduce((sum, { lag }) => sum + lag, 0),
      oldestMs: Math.max(0, ...partitions.map(({ oldestMs }) => oldestMs)),
    };
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.work;
    await this.committing;
  }
}
