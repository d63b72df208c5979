/** Whether two values of JSON say the same; the order of keys does not matter. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameValue((a as Fields)[key], (b as Fields)[key]));
}

type Fields = Record<string, unknown>;

/** The first field that differs from what was sent, or null. `body` is what the client's bytes hold, `stored` what readers get. */
export function differingField(sent: Fields, body: Fields, stored: Fields): string | null {
  for (const key of Object.keys(sent)) if (!sameValue(sent[key], stored[key])) return key;
  for (const key of Object.keys(body)) if (!Object.hasOwn(sent, key)) return key;
  return null;
}
