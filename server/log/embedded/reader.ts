/**
 * Reads a log beside the server that writes it, from another process; or within the server's own, opened after the log (LMDB's
 * environment is then the same one, and would otherwise be open for reading only).
 */
import type { ReadItem, Stream } from '../../../format/model.ts';
import { LogError } from '../error.ts';
import type { EventLog, LogState, PlacedRecord } from '../port.ts';
import { asLogError, type Environment, openForReading, readIdentity, reading, readLayout } from './environment.ts';
import { Generations } from './generations.ts';
import { readBounds, readEntries, readProducers, readState } from './read.ts';

export type LogReader = Pick<EventLog, 'read' | 'state' | 'producers' | 'close'> & { readonly partitions: number };

/** Throws LogError `misconfigured` where there is no log, or one of another version. */
export async function openEmbeddedReader(dir: string): Promise<LogReader> {
  const environment = openForReading(dir);
  try {
    const layout = readLayout(environment);
    if (!layout) throw new LogError('misconfigured', `there is no log in ${dir}`);
    return new EmbeddedReader(environment, layout.partitions);
  } catch (error) {
    await environment.root.close();
    throw asLogError(error);
  }
}

class EmbeddedReader implements LogReader {
  readonly partitions: number;
  private readonly environment: Environment;
  private readonly generations: Generations;
  private closed = false;

  constructor(environment: Environment, partitions: number) {
    this.environment = environment;
    this.partitions = partitions;
    this.generations = new Generations(environment, 'producers');
  }

  async read(stream: Stream, partition: number, from: number, maxBytes: number): Promise<ReadItem[]> {
    const environment = this.latest();
    return reading(() => readEntries(environment, stream, partition, from, maxBytes));
  }

  async producers(keys: readonly string[]): Promise<PlacedRecord[][]> {
    this.latest();
    return reading(() => {
      this.generations.refresh();
      return readProducers(this.generations, keys);
    });
  }

  async state(): Promise<LogState> {
    const environment = this.latest();
    return reading(() =>
      readState(readIdentity(environment), this.partitions, this.generations.size, (stream, partition) =>
        readBounds(environment, stream, partition),
      ),
    );
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.environment.root.close();
  }

  /** Lets go of what was seen before: the next read sees what stands now. */
  private latest(): Environment {
    if (this.closed) throw new LogError('closed', 'the log is closed');
    this.environment.root.resetReadTxn();
    return this.environment;
  }
}
