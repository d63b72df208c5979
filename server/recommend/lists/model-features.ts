/** What is read of how a model's lists did: the view `model` of the feature registry. Its records lie in every partition and are added up. */
import type { FeatureDefinition, FeatureView, Reading } from '../../features/definition.ts';
import { MODELS, type ModelName } from '../port.ts';
import { addStates, type ModelState, modelCodec, modelGroup, ranksOf, readOutcome } from './model-state.ts';
import { OUTCOMES, type Outcome } from './outcome.ts';

type Definition = FeatureDefinition<ModelState>;
type Rank = number | 'all';

const ABOUT: Record<Outcome, string> = {
  shown: 'tracks shown',
  clicked: 'tracks clicked',
  played: 'tracks begun',
  completed: 'tracks heard to their end',
  skipped: 'tracks left before 30 s',
  feedback: 'tracks, and lists as a whole, with feedback',
};

const HALF_LIFE = '7d';
const RATES = [
  {
    name: 'click_through',
    about: 'how many of the tracks shown were clicked',
    formula: 'clicked / shown',
    of: (counts: Counts) => ratio(counts('clicked'), counts('shown')),
  },
  {
    name: 'completion',
    about: 'how many of the tracks begun were heard to their end',
    formula: 'completed / played; of clients that tell only how a play ended: completed / (completed + skipped)',
    of: (counts: Counts) =>
      ratio(counts('completed'), Math.max(counts('played'), counts('completed') + counts('skipped'))),
  },
] as const;
type Counts = (outcome: Outcome) => number;

export const modelView: FeatureView<ModelState> = {
  name: 'model',
  about: 'what becomes of the lists of a model; each outcome of a track in a list counts once',
  entity: ['model'],
  codec: modelCodec,
  places: (tenant, { model }, partitions) =>
    isModel(model)
      ? Array.from({ length: partitions }, (_, number) => ({
          scope: { kind: 'users' as const, number },
          key: { group: modelGroup(tenant, model), field: '' },
        }))
      : [],
  merge: addStates,
  features: [...OUTCOMES.flatMap(ofOutcome), ...RATES.flatMap(ofRate)],
};

function ofOutcome(outcome: Outcome): Definition[] {
  const common = { about: ABOUT[outcome], unit: 'events' };
  const decayed = { ...common, halfLife: HALF_LIFE, formula: 'sum of 2^(-(T - t) / h)' };
  return [
    {
      ...common,
      name: `${outcome}_total`,
      formula: 'count',
      read: reading((state, at) => readOutcome(state, outcome, at).total),
    },
    {
      ...decayed,
      name: `${outcome}_decayed_7d`,
      read: reading((state, at) => readOutcome(state, outcome, at).decayed),
    },
    {
      ...decayed,
      ...{ name: `${outcome}_by_rank_decayed_7d`, unit: 'list of events, first rank first' },
      read: reading((state, at) => ranksOf(state).map((rank) => readOutcome(state, outcome, at, rank).decayed)),
    },
  ];
}

function ofRate({ name, about, formula, of }: (typeof RATES)[number]): Definition[] {
  const rate = (state: ModelState, at: number, rank: Rank) =>
    of((outcome) => readOutcome(state, outcome, at, rank).decayed);
  const common = { about, unit: 'share', formula: `${formula}, both decayed`, halfLife: HALF_LIFE };
  return [
    { ...common, name: `${name}_7d`, read: reading((state, at) => rate(state, at, 'all')) },
    {
      ...common,
      ...{ name: `${name}_by_rank_7d`, unit: 'list of shares, first rank first; null without events' },
      read: reading((state, at) => ranksOf(state).map((rank) => rate(state, at, rank))),
    },
  ];
}

function reading(value: (state: ModelState, at: number) => unknown): (state: ModelState, at: number) => Reading {
  return (state, at) => ({ value: value(state, at), at: state.at });
}

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

function isModel(name: string | undefined): name is ModelName {
  return (MODELS as readonly (string | undefined)[]).includes(name);
}
