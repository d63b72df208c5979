/** Reads features beside the process or thread that writes them. While there are none yet, everything is empty. */

import { Environment } from '../../lmdb/environment.ts';
import { StoreError } from '../error.ts';
import { checkGroup, checkKey } from '../limits.ts';
import type { FeatureReader, RecordKey, Scope } from '../port.ts';
import { positionsOf } from '../positions.ts';
import { FEATURES_LAYOUT } from './layout.ts';
import { readGroup, readRecords, readScope } from './read.ts';

/** The data need not be there yet. Throws StoreError `misconfigured` where it is, and cannot be read. */
export async function openEmbeddedFeatureReader(dir: string): Promise<FeatureReader> {
  const reader = new EmbeddedFeatureReader(dir);
  await reader.look();
  return reader;
}

class EmbeddedFeatureReader implements FeatureReader {
  private readonly dir: string;
  private environment: Environment | null = null;
  private opening: Promise<Environment | null> | null = null;
  private closed = false;

  constructor(dir: string) {
    this.dir = dir;
  }

  async applied(scope: Scope, sources: number): Promise<number[]> {
    const environment = this.environment ?? (await this.look());
    return positionsOf(scope, environment && (readScope(environment, scope)?.positions ?? null), sources);
  }

  async load(scope: Scope, keys: readonly RecordKey[]): Promise<(Uint8Array | null)[]> {
    const environment = this.environment ?? (await this.look());
    if (environment) return readRecords(environment, scope, keys);
    for (const key of keys) checkKey(key);
    return keys.map(() => null);
  }

  async loadGroup(scope: Scope, group: string): Promise<{ field: string; bytes: Uint8Array }[]> {
    const environment = this.environment ?? (await this.look());
    if (environment) return readGroup(environment, scope, group);
    checkGroup(group);
    return [];
  }

  async close(): Promise<void> {
    this.closed = true;
    await (this.environment ?? (await this.opening))?.close();
  }

  /** The environment, if it is there by now. */
  async look(): Promise<Environment | null> {
    if (this.closed) throw new StoreError('closed', 'the reader of features is closed');
    this.opening ??= Environment.openExisting({ dir: this.dir }, FEATURES_LAYOUT).finally(() => {
      this.opening = null;
    });
    this.environment = await this.opening;
    return this.environment;
  }
}
