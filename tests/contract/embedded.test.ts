import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { Stream } from '../../format/model.ts';
import { entryKey } from '../../server/log/embedded/layout.ts';
import { type EmbeddedLog, openEmbeddedLog } from '../../server/log/embedded/log.ts';
import { type LogOptions, type LogUnderTest, runEventLogContract } from './event-log.ts';

class EmbeddedUnderTest implements LogUnderTest {
  readonly dir = mkdtempSync(join(tmpdir(), 'gapless.log-'));
  log!: EmbeddedLog;
  private readonly options: LogOptions;

  constructor(options: LogOptions) {
    this.options = options;
  }

  async open(changes: Partial<LogOptions> = {}): Promise<EmbeddedLog> {
    this.log = await openEmbeddedLog({ dir: this.dir, minFreeBytes: 0, ...this.options, ...changes });
    return this.log;
  }

  async reopen(changes?: Partial<LogOptions>): Promise<EmbeddedLog> {
    await this.log.close();
    return this.open(changes);
  }

  async destroy(): Promise<void> {
    await this.log.close();
    rmSync(this.dir, { recursive: true });
  }

  /** Behind the engine's back, through an environment of its own. */
  async corrupt(stream: Stream, partition: number, last: number): Promise<void> {
    const options = { encoding: 'binary', keyEncoding: 'binary' } as const;
    const root = open<Buffer, Buffer>({
      ...options,
      path: this.dir,
      noSubdir: false,
      overlappingSync: false,
      maxDbs: 12,
    });
    const entries = root.openDB<Buffer, Buffer>('entries', options);
    const key = entryKey(stream, partition, last);
    const bytes = entries.get(key)!;
    bytes[bytes.length - 1]! ^= 1;
    await entries.put(key, bytes);
    await root.close();
  }
}

runEventLogContract(
  'embedded',
  async (options) => {
    const subject = new EmbeddedUnderTest(options);
    await subject.open();
    return subject;
  },
  { propertyRuns: 25 },
);
