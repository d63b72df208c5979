/** A bit for each field that `quick-read.ts` knows, so that a set of fields is one number. */
const FIELDS = [
  ...['type', 'timestamp', 'user_id', 'id', 'session_id', 'track_id', 'action', 'position_ms', 'duration_ms'],
  ...['recommendation_id', 'context', 'position'],
];

/** 0 for a field that is not read there. */
export function fieldBit(field: string): number {
  const index = FIELDS.indexOf(field);
  return index < 0 ? 0 : 1 << index;
}

export function maskOf(fields: Iterable<string>): number {
  let mask = 0;
  for (const field of fields) mask |= fieldBit(field);
  return mask;
}
