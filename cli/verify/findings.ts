/** What `verify` found, counted by kind, with the first examples of each. */
const EXAMPLES = 10;

/** Each kind that makes the log not what the file says, and what it means. */
export const FAULTS = {
  missing: 'settled, but neither stored nor rejected',
  not_sent: 'not settled yet: send the file',
  duplicates: 'stored more than once',
  out_of_order: 'stored behind a later line of the same partition',
  misplaced: 'stored in another partition than that of its user',
  different: 'stored with other content',
  contradictory: 'stored and rejected',
  unexpected: 'stored, but not in the file',
  damaged: 'entries that are damaged; what they held is not known',
} as const;
export type Fault = keyof typeof FAULTS;

export interface Finding {
  /** The line, or null where it is not known. */
  line: number | null;
  detail: string;
}

export class Findings {
  readonly counts = Object.fromEntries(Object.keys(FAULTS).map((fault) => [fault, 0])) as Record<Fault, number>;
  readonly examples = Object.fromEntries(Object.keys(FAULTS).map((fault) => [fault, []])) as unknown as Record<
    Fault,
    Finding[]
  >;

  add(fault: Fault, line: number | null, detail = ''): void {
    this.counts[fault]++;
    if (this.examples[fault].length < EXAMPLES) this.examples[fault].push({ line, detail });
  }

  get ok(): boolean {
    return Object.values(this.counts).every((count) => count === 0);
  }

  of(fault: Fault): { count: number; about: string; examples: Finding[] } {
    return { count: this.counts[fault], about: FAULTS[fault], examples: this.examples[fault] };
  }

  /** Kinds that were found. */
  get found(): Fault[] {
    return (Object.keys(FAULTS) as Fault[]).filter((fault) => this.counts[fault] > 0);
  }
}
