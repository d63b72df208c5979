/** What a load left behind. */
import type { ConnectionTally } from '../generator/plan.ts';

/** Why a load counts for nothing whose connections were not all told what became of their events; empty if they were. */
export function whyUnsettled(tallies: readonly ConnectionTally[]): string[] {
  const unsettled = tallies.filter(({ sent, acknowledged }) => sent !== acknowledged).length;
  return unsettled > 0 ? [`${unsettled} connections were not wholly acknowledged at the end`] : [];
}
