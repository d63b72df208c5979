/** What a run means to a script. */
import { isReached, type RunRecord, whyNotCounted } from './record.ts';

/** 0 it counts, the log is right, everything was reached; 1 it does not count, or the log is wrong; 2 something happened that must not, or a bound was missed. */
export function exitCodeOf(record: RunRecord): 0 | 1 | 2 {
  const { faults, findings } = record;
  if (whyNotCounted(record).length > 0) return 1;
  return faults.length > 0 || !findings.every(isReached) ? 2 : 0;
}
