/** Runs one job after another, in the order in which they came. */
export class Jobs {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.last.then(job);
    this.last = result.catch(() => {});
    return result;
  }

  /** When everything that was given so far is done. */
  async idle(): Promise<void> {
    await this.last;
  }
}
