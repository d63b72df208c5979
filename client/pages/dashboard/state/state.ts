/** Everything that the page shows, as one value; each happening makes a new one. Pure. */
import type { FeedGap } from '../../../index.ts';
import { type LinkFacts, NO_FACTS } from './link.ts';
import { append, type Second, secondOf, secondsOf } from './seconds.ts';
import type { Stats } from './stats.ts';
import { addGap, addItems, EMPTY_TAIL, type Tail, wordGap } from './tail.ts';

/** What stands still while the page is paused. */
export interface Picture {
  stats: Stats | null;
  seconds: readonly Second[];
  tail: Tail;
  letters: Tail;
}
export type TailName = 'tail' | 'letters';

export interface State {
  facts: LinkFacts;
  /** ms of the page's clock, at least once a second. */
  now: number;
  picture: Picture;
  /** What is shown instead while paused; figures go on being collected. */
  frozen: Picture | null;
}

export function initialState(now: number): State {
  return {
    facts: NO_FACTS,
    now,
    picture: { stats: null, seconds: [], tail: EMPTY_TAIL, letters: EMPTY_TAIL },
    frozen: null,
  };
}

export function shown(state: State): Picture {
  return state.frozen ?? state.picture;
}

export function withStats(state: State, stats: Stats, now: number): State {
  const { history, ...figures } = stats;
  const more = history ? secondsOf(history) : [];
  const last = more.at(-1)?.at;
  const seconds = append(state.picture.seconds, last === stats.at ? more : [...more, secondOf(stats)]);
  return {
    ...state,
    now,
    facts: { ...state.facts, figuresAt: now },
    picture: { ...state.picture, stats: figures, seconds },
  };
}

/** Another server's figures, or all servers' together: the history begins anew. */
export function withoutFigures(state: State): State {
  const empty = { stats: null, seconds: [] };
  const { picture, frozen, facts } = state;
  return {
    ...state,
    facts: { ...facts, figuresAt: null, openedAt: facts.openedAt === null ? null : state.now },
    picture: { ...picture, ...empty },
    frozen: frozen && { ...frozen, ...empty },
  };
}

export function withItems(state: State, name: TailName, items: readonly Record<string, unknown>[]): State {
  return withTail(state, name, addItems(state.picture[name], items));
}

/** `text`: why items are missing, where it was not the server that left them out. */
export function withGap(state: State, name: TailName, gap: FeedGap | { text: string }): State {
  return withTail(state, name, addGap(state.picture[name], 'text' in gap ? gap.text : wordGap(gap)));
}

export function withTail(state: State, name: TailName, tail: Tail): State {
  return { ...state, picture: { ...state.picture, [name]: tail } };
}

export function withFacts(state: State, facts: Partial<LinkFacts>, now: number): State {
  return { ...state, now, facts: { ...state.facts, ...facts } };
}

export function withPause(state: State, paused: boolean): State {
  return { ...state, frozen: paused ? state.picture : null };
}
