/** What is counted, and over which times. The order of the metrics is that of their numbers in stored records. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** An hour covers a sitting, a day what is heard today, a week the taste of the moment, a month the lasting one. */
export const HALF_LIVES = [
  { name: '1h', ms: HOUR },
  { name: '1d', ms: DAY },
  { name: '7d', ms: 7 * DAY },
  { name: '30d', ms: 30 * DAY },
] as const;

export interface Metric {
  name: string;
  unit: string;
  about: string;
  /** Amounts are kept as this many parts of the unit: whole numbers, so that sums are exact. */
  parts: 1 | 1000;
  /** Counts events, and so has windows. */
  counts: boolean;
  /** Kept of a user with an artist or genre too; others would make a record for every track that was only shown. */
  paired: boolean;
}

export const METRICS = [
  count('plays', 'tracks begun', true),
  count('skips', 'tracks left before 30 s', true),
  count('listens', 'tracks left later, but before their end', true),
  count('completions', 'tracks heard to their end', true),
  count('likes', 'likes, and ratings from 4 up', true),
  count('dislikes', 'dislikes, and ratings from 2 down', true),
  { name: 'seconds', unit: 's', about: 'seconds heard of tracks', parts: 1000, counts: false, paired: true },
  count('ratings', 'ratings given', true),
  { name: 'stars', unit: 'stars', about: 'stars given in ratings', parts: 1000, counts: false, paired: true },
  count('impressions', 'tracks shown as recommendations', false),
  count('clicks', 'recommended tracks clicked', false),
  count('feedback', 'feedback on recommendations', false),
] as const satisfies readonly Metric[];

export type MetricName = (typeof METRICS)[number]['name'];

const NUMBERS = new Map<string, number>(METRICS.map(({ name }, number) => [name, number]));

export function metricNumber(name: MetricName): number {
  return NUMBERS.get(name)!;
}

function count<const N extends string>(name: N, about: string, paired: boolean) {
  return { name, unit: 'events', about, parts: 1, counts: true, paired } as const;
}
