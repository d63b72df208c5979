/** How a list differs from the one before. Pure. */

/** How many places a track went up, negative for down; `new` if it was not there. */
export type Movement = number | 'new';

/** For each id of the list. Nothing is new in the first one. */
export function movements(before: readonly string[] | undefined, ids: readonly string[]): Movement[] {
  if (!before) return ids.map(() => 0);
  return ids.map((id, rank) => {
    const was = before.indexOf(id);
    return was < 0 ? 'new' : was - rank;
  });
}

export function describeMovement(movement: Movement): { sign: string; text: string } {
  if (movement === 'new') return { sign: 'new', text: 'new' };
  if (movement === 0) return { sign: '', text: '' };
  const places = Math.abs(movement);
  return movement > 0 ? { sign: `▲${places}`, text: `up ${places}` } : { sign: `▼${places}`, text: `down ${places}` };
}
