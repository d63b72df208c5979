/** Work of which only one may be under way: at once where nobody is at it, otherwise after those before. */
export class Turns {
  /** Null while nobody is at it. */
  private last: Promise<unknown> | null = null;

  /** Work that answers no promise is done when this returns, if it was done at once. */
  take<W extends Promise<unknown> | undefined>(work: () => W): W | Promise<Awaited<W>> {
    if (this.last) return this.wait(this.last.then(work) as Promise<Awaited<W>>);
    // Whoever comes while it runs waits until it is through.
    this.last = NOW;
    try {
      const result = work();
      return result ? this.wait(result as Promise<Awaited<W>>) : result;
    } finally {
      if (this.last === NOW) this.last = null;
    }
  }

  private wait<T>(result: Promise<T>): Promise<T> {
    const last = result
      .catch(() => {})
      .then(() => {
        if (this.last === last) this.last = null;
      });
    this.last = last;
    return result;
  }
}

const NOW = Promise.resolve();
