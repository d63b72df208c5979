/** What logs of clicks can be like: the knobs of `click-log.ts`, set as in shops, news and catalogues that nobody browses twice. */
export interface Shape {
  sessions: number;
  items: number;
  categories: number;
  days: number;
  /** Clicks of a session, on average; 2 or more. */
  length: number;
  /** How likely the next click is the same item again; one of the session before it; one that is linked to it; one of its category. */
  again: number;
  back: number;
  linked: number;
  category: number;
  /** How many items each one links to, and Zipf exponents: of the choice among these, of items' and of categories' popularity. */
  links: number;
  linkFocus: number;
  itemFocus: number;
  categoryFocus: number;
  /** An item's popularity halves in this time after it appears; Infinity: all are there all the time. */
  lifeDays: number;
}

export const SHAPES: Readonly<Record<string, Shape>> = {
  /** A shop with many items that come and go; people compare and come back. */
  shop: {
    ...{ sessions: 24_000, items: 18_000, categories: 900, days: 30, length: 3.6, lifeDays: 30 },
    ...{ again: 0.1, back: 0.16, linked: 0.36, category: 0.12 },
    ...{ links: 16, linkFocus: 1.5, itemFocus: 0.62, categoryFocus: 0.4 },
  },
  /** The same, more predictable and with fewer items. */
  store: {
    ...{ sessions: 24_000, items: 5_000, categories: 120, days: 10, length: 3.5, lifeDays: 8 },
    ...{ again: 0.1, back: 0.1, linked: 0.5, category: 0.25 },
    ...{ links: 30, linkFocus: 1, itemFocus: 0.85, categoryFocus: 0.7 },
  },
  /** So many items that most are seen a few times only. */
  sparse: {
    ...{ sessions: 24_000, items: 40_000, categories: 1_500, days: 100, length: 3.5, lifeDays: 60 },
    ...{ again: 0.05, back: 0.2, linked: 0.55, category: 0.15 },
    ...{ links: 12, linkFocus: 0.8, itemFocus: 0.6, categoryFocus: 0.4 },
  },
  /** A standing catalogue, long sessions. */
  catalogue: {
    ...{ sessions: 24_000, items: 20_000, categories: 500, days: 60, length: 4.8, lifeDays: Number.POSITIVE_INFINITY },
    ...{ again: 0, back: 0.05, linked: 0.5, category: 0.35 },
    ...{ links: 40, linkFocus: 0.6, itemFocus: 0.6, categoryFocus: 0.5 },
  },
  /** Nobody goes back. */
  onward: {
    ...{ sessions: 24_000, items: 14_000, categories: 600, days: 30, length: 4.5, lifeDays: 40 },
    ...{ again: 0, back: 0, linked: 0.6, category: 0.22 },
    ...{ links: 20, linkFocus: 1.2, itemFocus: 0.65, categoryFocus: 0.5 },
  },
  /** What is new today is forgotten tomorrow. */
  news: {
    ...{ sessions: 24_000, items: 3_000, categories: 30, days: 14, length: 3, lifeDays: 2 },
    ...{ again: 0.02, back: 0.03, linked: 0.3, category: 0.35 },
    ...{ links: 30, linkFocus: 0.8, itemFocus: 0.9, categoryFocus: 0.6 },
  },
};
