/**
 * Where a server's knee is: the highest rate that it still takes well. Rates rise by a factor while steps are good; after the first bad one the
 * search halves the ratio between the highest good and the lowest bad rate until that is small.
 */
export class KneeSearch {
  /** 0 and Infinity until there is one. */
  good = 0;
  bad = Number.POSITIVE_INFINITY;
  private readonly factor: number;
  private readonly precision: number;
  private readonly most: number;
  private readonly first: number;

  /** Ends when `bad / good` is at most `precision`, or at `most`. */
  constructor({
    first,
    factor = 2,
    precision = 1.1,
    most,
  }: { first: number; factor?: number; precision?: number; most: number }) {
    this.first = first;
    this.factor = factor;
    this.precision = precision;
    this.most = most;
  }

  /** The next rate to try; null when the search is over. */
  get next(): number | null {
    const { good, bad, first, factor, most, precision } = this;
    if (good >= most || bad / good <= precision) return null;
    if (good === 0 && bad < Number.POSITIVE_INFINITY) return bad / factor >= 1 ? bad / factor : null;
    if (good === 0) return first;
    return bad === Number.POSITIVE_INFINITY ? Math.min(most, good * factor) : Math.sqrt(good * bad);
  }

  tell(rate: number, verdict: 'good' | 'bad'): void {
    if (verdict === 'good') this.good = Math.max(this.good, rate);
    else this.bad = Math.min(this.bad, rate);
  }
}
