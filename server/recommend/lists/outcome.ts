/** What became of a recommendation, as events tell it. */
import type { StoredEvent } from '../../../format/model.ts';
import type { SignalKind } from '../../features/signal.ts';

/** In this order their bits and counters stand; new ones go to the end. */
export const OUTCOMES = ['shown', 'clicked', 'played', 'completed', 'skipped', 'feedback'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const BY_TYPE: Readonly<Record<string, Outcome>> = {
  recommendation_shown: 'shown',
  recommendation_clicked: 'clicked',
  feedback_event: 'feedback',
};
const BY_SIGNAL: Partial<Record<SignalKind, Outcome>> = { play: 'played', complete: 'completed', skip: 'skipped' };

/** `signal` is what the event says about a track, if it says something. */
export function outcomeOf(event: StoredEvent, signal: SignalKind | undefined): Outcome | null {
  return BY_TYPE[event.type] ?? (signal && BY_SIGNAL[signal]) ?? null;
}
