/** A stored event as commands print it. */
import type { IntactEntry, StoredEvent } from '../../format/model.ts';
import { decodeEvents } from '../../format/stored-event.ts';
import { type Column, timeText } from './columns.ts';
import { type EventFlags, makeFilter } from './filters.ts';

export interface PlacedEvent {
  partition: number;
  position: number;
  event: StoredEvent;
}

export function placedEvents(entry: IntactEntry): PlacedEvent[] {
  return decodeEvents(entry).map(({ position, event }) => ({ partition: entry.partition, position, event }));
}

/**
 * One JSON object a line: where it stands in the log, who sent it, and all its fields. `position` is the log's; an event that has a field
 * of that name (the rank of a recommendation) shows it as `event_position`.
 */
export function eventJson({ partition, position, event }: PlacedEvent): string {
  const { tenant, producer, epoch, seq, received_at, position: rank, ...fields } = event;
  const own = rank === undefined ? fields : { ...fields, event_position: rank };
  return `${JSON.stringify({ partition, position, tenant, producer, epoch, seq, received_at, ...own })}\n`;
}

export const EVENT_COLUMNS: readonly Column<PlacedEvent>[] = [
  { title: 'PART', width: 4, right: true, value: (row) => row.partition },
  { title: 'POSITION', width: 10, right: true, value: (row) => row.position },
  { title: 'RECEIVED (UTC)', width: 23, value: (row) => timeText(row.event.received_at) },
  { title: 'EVENT', width: 22, value: ({ event }) => event.action ?? event.type },
  { title: 'USER', width: 18, value: ({ event }) => event.user_id },
  { title: 'TRACK', width: 14, value: ({ event }) => event.track_id },
  { title: 'SEQ', width: 10, right: true, value: ({ event }) => event.seq },
  {
    title: 'PRODUCER',
    width: 32,
    value: ({ event }) => (event.epoch === 1 ? event.producer : `${event.producer}/${event.epoch}`),
  },
];

export function eventFilter(flags: EventFlags): (row: PlacedEvent) => boolean {
  const matches = makeFilter(flags);
  const types = flags.type && new Set<unknown>(flags.type);
  return ({ position, event }) =>
    matches(position, event, event.user_id) && (!types || types.has(event.type) || types.has(event.action));
}
