/** What this page sent of late, and what became of each. Pure. */
import type { Verdict } from '../../../index.ts';

export interface Sent {
  /** Counts what this page sent, for the page's own use. */
  key: number;
  /** ms since 1970, as the event has it. */
  at: number;
  action: string;
  trackId: string;
  /** null: no answer yet, it waits in the outbox or is on its way. */
  verdict: Verdict | null;
}

/** Newest first. More are only counted. */
export const SENT_MAX = 60;

export function withSent(list: readonly Sent[], sent: Sent): Sent[] {
  return [sent, ...list].slice(0, SENT_MAX);
}

export function withVerdict(list: readonly Sent[], key: number, verdict: Verdict): Sent[] {
  return list.map((one) => (one.key === key ? { ...one, verdict } : one));
}

export interface Outcome {
  kind: 'waiting' | 'stored' | 'refused';
  sign: string;
  text: string;
}

export function describeOutcome(verdict: Verdict | null): Outcome {
  if (!verdict) return { kind: 'waiting', sign: '◌', text: 'in the outbox' };
  switch (verdict.status) {
    case 'stored':
      return { kind: 'stored', sign: '✓', text: `stored as ${verdict.seq}` };
    case 'settled':
      return { kind: 'stored', sign: '✓', text: `settled before, as ${verdict.seq}` };
    case 'rejected': {
      const where = verdict.path === '' ? '' : ` in ${verdict.path}`;
      return { kind: 'refused', sign: '✕', text: `rejected: ${verdict.code}${where}` };
    }
    case 'dropped':
      return { kind: 'refused', sign: '✕', text: `dropped: ${verdict.reason}` };
  }
}
