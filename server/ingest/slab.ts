/** A slab on its way: how much goes into it, how it becomes a worker's task, and whose is what comes back. */
import type { SlabSource, SlabTask, UnitDraft } from '../../workers/slab.ts';
import type { PendingFrame } from './pending-frame.ts';
import type { Lease } from './result-buffers.ts';
import type { Source } from './source.ts';

export const SLAB_BYTES = 256 * 1024;
/** What a source may have of a slab that others wait for too, and then one frame; at least a frame. */
export const TURN_BYTES = 64 * 1024;
const SLAB_EVENTS = 4096;
/** A slab may pass its bound by one frame. */
export const SLAB_BUFFER_BYTES = SLAB_BYTES + 64 * 1024;

/** With the originals of its frames; those of one sender stand together. */
export interface Slab {
  sources: Source[];
  frames: { source: Source; frame: PendingFrame }[];
  bytes: number;
  events: number;
}

/** What the worker found for one source and one partition, in order per source. */
export interface SourceUnit {
  source: Source;
  draft: UnitDraft;
  /** Told when nothing of the draft is needed any more. */
  lease?: Lease;
}

export function hasRoom({ bytes, events }: Slab): boolean {
  return bytes < SLAB_BYTES && events < SLAB_EVENTS;
}

/** Copies the frames into one buffer that is transferred to the worker: into `spare` if it is large enough. */
export function slabTask(slab: Slab, spare?: ArrayBuffer): SlabTask {
  const fits = spare !== undefined && spare.byteLength >= slab.bytes;
  const buffer = fits ? spare : new ArrayBuffer(Math.max(slab.bytes, SLAB_BUFFER_BYTES));
  const bytes = new Uint8Array(buffer, 0, slab.bytes);
  const sources: SlabSource[] = [];
  let offset = 0;
  const frames = slab.frames.map(({ frame }) => {
    if (frame.sender !== sources.at(-1)) sources.push(frame.sender);
    const source = sources.length - 1;
    const { format, first, count, skip, receivedAt } = frame;
    const { length } = frame.copy;
    const at = offset;
    bytes.set(frame.copy.bytes, at);
    offset += length;
    return { source, format, first, count, skip, offset: at, length, receivedAt };
  });
  return { bytes, sources, frames };
}

/** Gives the worker's units, which come in the order of their senders, back to their sources. `draft.source` counts senders as `slabTask` did. */
export function assign(slab: Slab, drafts: readonly UnitDraft[]): SourceUnit[] {
  const bySender: Source[] = [];
  let sender: SlabSource | null = null;
  for (const { source, frame } of slab.frames) {
    if (frame.sender !== sender) bySender.push(source);
    sender = frame.sender;
  }
  return drafts.map((draft) => ({ source: bySender[draft.source]!, draft }));
}
