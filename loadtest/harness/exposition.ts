/** Reads what `GET /metrics` answers. */

export class Samples {
  private readonly values = new Map<string, number>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      if (line.startsWith('#')) continue;
      const cut = line.lastIndexOf(' ');
      if (cut > 0) this.values.set(line.slice(0, cut), Number(line.slice(cut + 1)));
    }
  }

  /** The value of `name`, or of `name{label="value"}`; 0 where there is none. */
  get(name: string, label?: string, value?: string): number {
    return this.values.get(label === undefined ? name : `${name}{${label}="${value}"}`) ?? 0;
  }

  /** All values of a family, by the value of its only label. */
  family(name: string): Record<string, number> {
    const found: Record<string, number> = {};
    for (const [key, value] of this.values) {
      const label = key.startsWith(`${name}{`) ? /="([^"]*)"\}$/.exec(key) : null;
      if (label) found[label[1]!] = value;
    }
    return found;
  }
}
