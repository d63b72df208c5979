/** Times in the order in which they came, taken from the front; cheap also where millions wait. */
const SHRINK_AT = 4096;

export class Times {
  private readonly items: number[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(time: number): void {
    this.items.push(time);
  }

  /** Takes the oldest `count`, or all where there are fewer. */
  take(count: number, each: (time: number) => void): void {
    const end = Math.min(this.items.length, this.head + count);
    while (this.head < end) each(this.items[this.head++]!);
    if (this.head === this.items.length) {
      this.items.length = this.head = 0;
    } else if (this.head > SHRINK_AT && this.head * 2 > this.items.length) {
      this.items.splice(0, this.head);
      this.head = 0;
    }
  }
}
