/** Counts what became of events, and keeps the first rejections as examples. */
import type { Verdict } from '../client/types.ts';

export interface RejectedExample {
  seq: number;
  code: string;
  path: string;
  message: string;
}

export class Tally {
  stored = 0;
  /** Settled before this process sent them. */
  settled = 0;
  rejected = 0;
  readonly reasons: Record<string, number> = {};
  readonly examples: RejectedExample[] = [];
  private readonly keep: number;

  constructor(keepExamples: number) {
    this.keep = keepExamples;
  }

  /** Numbers that the sender itself gave up come back as `withdrawn`; it has counted them already. */
  add(verdict: Verdict): void {
    if (verdict.status === 'stored') this.stored++;
    else if (verdict.status === 'settled') this.settled++;
    else if (verdict.status === 'dropped') {
      if (verdict.reason === 'too_large')
        this.reject({ seq: verdict.seq, code: 'too_large', path: '', message: TOO_LARGE });
    } else if (verdict.code !== 'withdrawn') this.reject(verdict);
  }

  reject({ seq, code, path, message }: RejectedExample): void {
    this.rejected++;
    this.reasons[code] = (this.reasons[code] ?? 0) + 1;
    if (this.examples.length < this.keep) this.examples.push({ seq, code, path, message });
  }

  sortedExamples(): RejectedExample[] {
    return this.examples.toSorted((a, b) => a.seq - b.seq);
  }

  /** What has an answer. */
  get answered(): number {
    return this.stored + this.settled + this.rejected;
  }

  /** For people, one line each: how many for which reason, then the examples. `place` names a number: `line 7`. */
  describeRejected(place: string): string[] {
    const codes = Object.entries(this.reasons).sort((a, b) => b[1] - a[1]);
    const lines = codes.map(([code, count]) => `  ${String(count).padStart(7)}  ${code}`);
    for (const { seq, code, path, message } of this.sortedExamples()) {
      lines.push(`  ${place} ${seq}: ${code}${path ? ` at ${path}` : ''}: ${message}`);
    }
    const more = this.rejected - this.examples.length;
    if (more > 0) lines.push(`  ... and ${more} more`);
    return lines;
  }
}

const TOO_LARGE = 'larger than the server takes (GAPLESS_MAX_EVENT_BYTES)';
