/** A set of line numbers at one bit each. */
export class Bitmap {
  private words = new Uint32Array(1024);
  size = 0;

  /** Whether it was there already. */
  add(number: number): boolean {
    const word = Math.floor(number / 32);
    if (word >= this.words.length) this.grow(word + 1);
    const bit = 1 << (number % 32);
    if (this.words[word]! & bit) return true;
    this.words[word]! |= bit;
    this.size++;
    return false;
  }

  has(number: number): boolean {
    const word = this.words[Math.floor(number / 32)] ?? 0;
    return (word & (1 << (number % 32))) !== 0;
  }

  private grow(words: number): void {
    const larger = new Uint32Array(Math.max(words, this.words.length * 2));
    larger.set(this.words);
    this.words = larger;
  }
}
