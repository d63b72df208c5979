/** What a run means to a script. */
import { isReached, type RunRecord } from './record.ts';

/** 0 it counts, the log is right, everything was reached; 1 it does not count, or the log is wrong; 2 something happened that must not, or a bound was missed. */
export function exitCodeOf({ invalid, verdict, faults, findings }: RunRecord): 0 | 1 | 2 {
  if (invalid.length > 0 || verdict?.ok === false) return 1;
  return faults.length > 0 || !findings.every(isReached) ? 2 : 0;
}
