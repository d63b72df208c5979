/** The baseline that every model has to beat: what came most often right after the last track, by plain counts of all time. */
export class LastItem {
  private readonly after = new Map<number, Map<number, number>>();

  learn(last: number, next: number): void {
    const counts = this.after.get(last) ?? new Map<number, number>();
    this.after.set(last, counts);
    counts.set(next, (counts.get(next) ?? 0) + 1);
  }

  /** Most frequent first; of two with one count, the one that was seen first. */
  predict(last: number, count: number, allows: (track: number) => boolean): number[] {
    const followers = [...(this.after.get(last) ?? [])].filter(([track]) => allows(track));
    return followers
      .sort((a, b) => b[1] - a[1])
      .slice(0, count)
      .map(([track]) => track);
  }
}
