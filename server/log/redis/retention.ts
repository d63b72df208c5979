/**
 * Trimming a stream over all partitions in small steps, so that no step holds Redis up for long. Entries go from the oldest on and only
 * whole; what a consumer still needs stays. By bytes, the partition whose oldest entry is the oldest of all gives first.
 */
import type { Stream } from '../../../format/model.ts';
import type { ScriptCall } from '../../redis/script.ts';
import type { RetentionPolicy, TrimReport } from '../port.ts';
import { META_FIELDS, type PartitionKeys } from './keys.ts';
import { TRIM } from './scripts.ts';

/** A step reads about so many bytes inside Redis, in the range of entries below. */
const STEP_BYTES = 1024 * 1024;
const STEP_ENTRIES = { first: 4, most: 256 } as const;
/** Beyond every time and size. */
const NEVER = '1e300';

export interface TrimAccess {
  keys: readonly PartitionKeys[];
  run(partition: number, call: ScriptCall): Promise<unknown>;
  /** Bytes of the stream's retained entries, by partition. */
  bytes(stream: Stream): Promise<number[]>;
}

interface Limits {
  before?: number;
  enough?: number;
  entries: number;
}
interface Step extends TrimReport {
  /** When the next entry that may go was made, ms; null if there is none. */
  next: number | null;
  /** Entries that the step looked at. */
  looked: number;
}

export async function trimStream(access: TrimAccess, policy: RetentionPolicy): Promise<TrimReport> {
  const report: TrimReport = { entries: 0, events: 0, bytes: 0 };
  const step = async (partition: number, limits: Limits): Promise<Step> => {
    const done = await trimStep(access, policy, partition, limits);
    report.entries += done.entries;
    report.events += done.events;
    report.bytes += done.bytes;
    return done;
  };
  if (policy.before !== undefined) {
    for (const partition of access.keys.keys()) await trimByAge(partition, policy.before, step);
  }
  if (policy.maxBytes !== undefined) {
    const held = (await access.bytes(policy.stream)).reduce((sum, bytes) => sum + bytes, 0);
    await trimByBytes(access.keys.length, held - policy.maxBytes, step);
  }
  return report;
}

type RunStep = (partition: number, limits: Limits) => Promise<Step>;

async function trimByAge(partition: number, before: number, run: RunStep): Promise<void> {
  for (let entries: number = STEP_ENTRIES.first; ; ) {
    const step = await run(partition, { before, entries });
    if (step.entries === 0 || step.entries < step.looked || step.looked < entries) return;
    entries = stepSize(step, entries);
  }
}

async function trimByBytes(partitions: number, excess: number, run: RunStep): Promise<void> {
  if (excess <= 0) return;
  const oldest = new Map<number, number>();
  for (let partition = 0; partition < partitions; partition++) {
    const { next } = await run(partition, { enough: 0, entries: 1 });
    if (next !== null) oldest.set(partition, next);
  }
  let entries: number = STEP_ENTRIES.first;
  while (excess > 0 && oldest.size > 0) {
    const [[partition], second] = [...oldest].sort((a, b) => a[1] - b[1]) as [[number, number], [number, number]?];
    const step = await run(partition, { before: second && second[1] + 1, enough: excess, entries });
    excess -= step.bytes;
    entries = stepSize(step, entries);
    // A step that took everything it looked at does not know what comes next.
    const next = step.next ?? (await run(partition, { enough: 0, entries: 1 })).next;
    if (next === null) oldest.delete(partition);
    else oldest.set(partition, next);
  }
}

async function trimStep(access: TrimAccess, policy: RetentionPolicy, partition: number, limits: Limits): Promise<Step> {
  const keys = access.keys[partition]!;
  const { first, bytes } = META_FIELDS[policy.stream];
  const bounds = [policy.keepFrom?.[partition] ?? NEVER, limits.before ?? NEVER, limits.enough ?? NEVER];
  const args = [first, bytes, ...bounds, limits.entries];
  const answer = await access.run(partition, { script: TRIM, keys: [keys[policy.stream], keys.meta], args });
  const [entries, events, freed, next, looked] = answer as [number, number, number, number, number];
  return { entries, events, bytes: freed, next: next < 0 ? null : next, looked };
}

function stepSize({ entries, bytes }: Step, before: number): number {
  if (entries === 0) return before;
  return Math.min(STEP_ENTRIES.most, Math.max(1, Math.floor(STEP_BYTES / Math.max(1, bytes / entries))));
}
