/** A log of made-up listening, for tests of the index. */
import { partitionOf } from '../../../../format/partition.ts';
import { listeners } from '../../../../loadtest/listeners/index.ts';
import { openMemoryLog } from '../../../../server/log/memory/log.ts';
import type { LogWriter, WrittenEvent } from '../../../helpers/log-writer.ts';

export const PARTITIONS = 4;

export function memoryLog() {
  return openMemoryLog({ partitions: PARTITIONS, rememberProducersMs: 60_000, dedupMs: 60_000 });
}

/** Appends listening in the order of its time, one entry for about 20 events; goes on where it stopped. */
export class Listening {
  private readonly writer: LogWriter;
  private readonly source = listeners({ users: 60, tracks: 300, seed: 7 });
  private entries = 0;

  constructor(writer: LogWriter) {
    this.writer = writer;
  }

  async write(events: number): Promise<void> {
    for (let left = events; left > 0; left -= 20) {
      const byPartition = new Map<number, WrittenEvent[]>();
      for (let i = 0; i < Math.min(20, left); i++) {
        const { event, atMs } = this.source.next().value;
        const partition = partitionOf('default', event.user_id, PARTITIONS);
        const list = byPartition.get(partition) ?? [];
        byPartition.set(partition, list);
        list.push({ seq: list.length + 1, event, added: { event_time: atMs } });
        this.writer.now = atMs;
      }
      for (const [partition, list] of byPartition) await this.writer.events(partition, `p${++this.entries}`, list);
    }
  }
}
