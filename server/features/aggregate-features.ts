/** What is read from an aggregate: generated from the metrics, half-lives and windows. */
import type { Aggregate } from './aggregate.ts';
import { decayedAt } from './decay.ts';
import { answersAt, type FeatureDefinition, type Reading } from './definition.ts';
import { HALF_LIVES, METRICS, type Metric, type MetricName, metricNumber } from './metrics.ts';
import { AFFINITY } from './taste.ts';
import { countTiles, WINDOWS } from './tiles.ts';

type Definition = FeatureDefinition<Aggregate>;

/** Summed up for means; of no use by itself. */
const INTERNAL: ReadonlySet<string> = new Set<MetricName>(['stars']);
const SHOWN: readonly (Metric & { name: MetricName })[] = METRICS.filter(({ name }) => !INTERNAL.has(name));

/** Rates over less say little. */
const RATE_HALF_LIVES = HALF_LIVES.slice(1);

interface Rate {
  name: string;
  of: MetricName;
  /** What it is a part of; `of` is one of them or cannot be more often. */
  among: readonly MetricName[];
  /** Prior Beta(a, b): as if `a` of `a + b` had been such already. */
  a: number;
  b: number;
}

/**
 * A rate of few plays says little, so it starts from what is usual, with the weight of 4 plays (of 20 for clicks, which are rarer). Usual
 * is, after P. Lamere's "The Skip" (2014, billions of plays): 35 % left before 30 s, 51 % heard to the end. For clicks 5 % is assumed.
 */
const RATES: readonly Rate[] = [
  { name: 'skip_rate', of: 'skips', among: ['skips', 'listens', 'completions'], a: 1.4, b: 2.6 },
  { name: 'completion_rate', of: 'completions', among: ['skips', 'listens', 'completions'], a: 2, b: 2 },
  { name: 'click_rate', of: 'clicks', among: ['impressions'], a: 1, b: 19 },
];
const PAIR_RATES = RATES.filter(({ of }) => METRICS[metricNumber(of)]!.paired);

/** Of users, tracks, artists, genres and of everything. */
export const ENTITY_FEATURES: readonly Definition[] = [
  ...SHOWN.flatMap(ofMetric),
  ...RATES.flatMap(ofRate),
  ...commonFeatures(),
];

/** Of a user with an artist or genre. */
export const PAIR_FEATURES: readonly Definition[] = [
  ...RATE_HALF_LIVES.map(affinity),
  ...SHOWN.filter(({ paired }) => paired).flatMap(ofMetric),
  ...PAIR_RATES.flatMap(ofRate),
  ...commonFeatures(),
];

function ofMetric(metric: Metric & { name: MetricName }): Definition[] {
  const { name, about, unit, parts, counts } = metric;
  const number = metricNumber(name);
  const total: Definition = {
    name: `${name}_total`,
    about: `${about}, ever`,
    unit,
    formula: counts ? 'number of events' : 'sum over events',
    read: (aggregate, at) => ofTally(aggregate, number, at, ({ total }) => total / parts),
  };
  const decayed = HALF_LIVES.map(
    (halfLife, i): Definition => ({
      name: `${name}_decayed_${halfLife.name}`,
      about: `${about}, decayed`,
      unit,
      formula: `sum over events of ${counts ? '' : 'amount * '}2^(-(T - t) / h)`,
      halfLife: halfLife.name,
      read: (aggregate, at) => decayedReading(aggregate, [[name, 1]], i, at),
    }),
  );
  if (!counts) return [total, ...decayed];
  const windowed = WINDOWS.map(
    (window, i): Definition => ({
      name: `${name}_last_${window.name}`,
      about: `${about}, of late`,
      unit,
      formula: 'number of events in the window',
      window: window.name,
      read(aggregate, at) {
        const tally = aggregate.tallies[number];
        if (!tally) return { value: 0, at: aggregate.lastAt };
        return { value: countTiles(tally.tiles!, tally.at, i, at), at: tally.at };
      },
    }),
  );
  return [total, ...decayed, ...windowed];
}

function ofRate({ name, of, among, a, b }: Rate): Definition[] {
  return RATE_HALF_LIVES.map((halfLife) => ({
    name: `${name}_${halfLife.name}`,
    about: `${METRICS[metricNumber(of)]!.about}, as a part of ${among.join(' + ')}`,
    unit: '0 to 1',
    formula: `(${of} + ${a}) / (${among.join(' + ')} + ${a + b}), all decayed; null without any`,
    halfLife: halfLife.name,
    read(aggregate, at) {
      const i = HALF_LIVES.indexOf(halfLife);
      const latest = latestOf(aggregate, [of, ...among]);
      if (latest === null) return { value: null, at: aggregate.lastAt };
      return held(latest, at, () => {
        const part = decayedSum(aggregate, [[of, 1]], i, at);
        const all = decayedSum(
          aggregate,
          among.map((metric) => [metric, 1]),
          i,
          at,
        );
        // Clicks of what was shown somewhere else can be more than what was shown.
        return (part + a) / (Math.max(part, all) + a + b);
      });
    },
  }));
}

function affinity(halfLife: (typeof HALF_LIVES)[number]): Definition {
  const weights = Object.entries(AFFINITY) as [MetricName, number][];
  const terms = weights.map(([metric, weight]) => `${weight} * ${metric}`).join(' + ');
  return {
    name: `affinity_${halfLife.name}`,
    about: 'how much the user likes it; negative: avoids it',
    unit: 'weight',
    formula: `${terms.replaceAll('+ -', '- ')}, all decayed`,
    halfLife: halfLife.name,
    read: (aggregate, at) => decayedReading(aggregate, weights, HALF_LIVES.indexOf(halfLife), at),
  };
}

function commonFeatures(): Definition[] {
  return [
    {
      name: 'rating_mean',
      about: 'mean of the ratings given',
      unit: 'stars, 1 to 5',
      formula: 'sum of stars / number of ratings; null without any',
      read(aggregate, at) {
        const stars = aggregate.tallies[metricNumber('stars')];
        if (!stars) return { value: null, at: aggregate.lastAt };
        const ratings = aggregate.tallies[metricNumber('ratings')]!;
        return held(stars.at, at, () => stars.total / 1000 / ratings.total);
      },
    },
    {
      name: 'hours',
      about: 'tracks begun, by hour of the day',
      unit: 'events',
      formula: 'list of 24 numbers of plays: 0:00 to 0:59 UTC first',
      read: (aggregate, at) =>
        ofPlays(aggregate, at, ({ hours }) => (hours ? [...hours] : new Array<number>(24).fill(0))),
    },
    {
      name: 'devices',
      about: 'tracks begun, by kind of device',
      unit: 'events',
      formula: 'map of numbers of plays; from the 16th kind on under `other`',
      read: (aggregate, at) => ofPlays(aggregate, at, ({ devices }) => Object.fromEntries(devices)),
    },
    {
      name: 'events_total',
      about: 'events of any kind, ever',
      unit: 'events',
      formula: 'number of events',
      read: ({ events, lastAt }, at) => held(lastAt, at, () => events),
    },
    {
      name: 'first_at',
      about: 'the first event',
      unit: 'ms since 1970',
      formula: 'least event time',
      read: ({ firstAt, lastAt }, at) => held(lastAt, at, () => firstAt),
    },
    {
      name: 'last_at',
      about: 'the last event',
      unit: 'ms since 1970',
      formula: 'greatest event time',
      read: ({ lastAt }, at) => held(lastAt, at, () => lastAt),
    },
    {
      name: 'recency',
      about: 'how long ago the last event was',
      unit: 's',
      formula: 'T - greatest event time, at least 0',
      read: ({ lastAt }, at) => held(lastAt, at, () => Math.max(0, at - lastAt) / 1000),
    },
  ];
}

type Terms = readonly (readonly [metric: MetricName, weight: number])[];

/** A weighted sum of decayed metrics, with the half-life number `i`. */
function decayedReading(aggregate: Aggregate, terms: Terms, i: number, at: number): Reading {
  const latest = latestOf(
    aggregate,
    terms.map(([name]) => name),
  );
  if (latest === null) return { value: 0, at: aggregate.lastAt };
  return held(latest, at, () => decayedSum(aggregate, terms, i, at));
}

function decayedSum({ tallies }: Aggregate, terms: Terms, i: number, at: number): number {
  let sum = 0;
  for (const [name, weight] of terms) {
    const metric = metricNumber(name);
    const tally = tallies[metric];
    if (!tally) continue;
    const value = decayedAt({ value: tally.decayed[i]!, at: tally.at }, at, HALF_LIVES[i]!.ms);
    sum += (weight * value) / METRICS[metric]!.parts;
  }
  return sum;
}

/** Event time of the last event of any of these metrics; null before the first. */
function latestOf({ tallies }: Aggregate, metrics: readonly MetricName[]): number | null {
  let latest: number | null = null;
  for (const name of metrics) {
    const tally = tallies[metricNumber(name)];
    if (tally && (latest === null || tally.at > latest)) latest = tally.at;
  }
  return latest;
}

function ofTally(
  aggregate: Aggregate,
  metric: number,
  at: number,
  read: (tally: NonNullable<Aggregate['tallies'][number]>) => number,
): Reading {
  const tally = aggregate.tallies[metric];
  return tally ? held(tally.at, at, () => read(tally)) : { value: 0, at: aggregate.lastAt };
}

function ofPlays(aggregate: Aggregate, at: number, read: (aggregate: Aggregate) => unknown): Reading {
  const latest = aggregate.tallies[metricNumber('plays')]?.at ?? aggregate.lastAt;
  return held(latest, at, () => read(aggregate));
}

/** A value that holds events up to `latest`. */
function held(latest: number, at: number, read: () => unknown): Reading {
  return { value: answersAt(latest, at) ? read() : null, at: latest };
}
