/** Whether a snapshot speaks of this log, as it stands now. */
import type { EventLog, LogState } from '../../log/port.ts';
import type { SharedIndex } from './shared-index.ts';

/**
 * null if so, else why not. Beside the log's identity the last entry that was read of each partition must stand there as it was: a log
 * that lost its end and went on has other events at the same positions. Throws LogError.
 */
export async function whyForeign(
  log: Pick<EventLog, 'read'>,
  state: LogState,
  { identity, anchors }: Pick<SharedIndex, 'identity' | 'anchors'>,
): Promise<string | null> {
  if (state.identity === '' || identity !== state.identity) return 'it speaks of another log';
  for (const [partition, { position, head }] of anchors.entries()) {
    const { first, last } = state.events[partition]!;
    if (position > last) return `partition ${partition} of the log ends before it`;
    // What retention took cannot be looked at.
    if (position < first) continue;
    const [item] = await log.read('events', partition, position, 1);
    if (item?.last !== position || Buffer.compare(head, item.bytes.subarray(0, head.length)) !== 0) {
      return `partition ${partition} of the log holds something else`;
    }
  }
  return null;
}
