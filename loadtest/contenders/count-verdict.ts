/** The verdict on peers, which do not know who sent what: as many entries as events were sent, or fewer by what was not acknowledged. */
import type { Sent, Verdict } from '../harness/verify.ts';

export function countVerdict(stored: number, sent: readonly Sent[]): Verdict {
  const tallies = sent.flatMap((one) => one.tallies);
  const total = (count: 'sent' | 'acknowledged' | 'rejected') =>
    tallies.reduce((sum, tally) => sum + (tally[count] ?? 0), 0);
  const acknowledged = total('acknowledged');
  const missing = Math.max(0, acknowledged - total('rejected') - stored);
  const repeated = Math.max(0, stored - (total('sent') - total('rejected')));
  const ok = missing + repeated === 0;
  const examples = ok ? [] : [`${stored} are stored, ${total('sent')} were sent, ${acknowledged} acknowledged`];
  return { ok, stored, acknowledged, missing, repeated, outOfOrder: 0, foreign: 0, damaged: 0, examples };
}
