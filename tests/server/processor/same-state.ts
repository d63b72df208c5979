/** Compares decoded states: everything exactly, but for sums with fractions, whose rounding depends on the order of what was added. */

const TOLERANCE = 1e-6;

/** Throws where they differ. */
export function expectSameState(found: unknown, expected: unknown, where: string): void {
  if (typeof expected === 'number') return expectSameNumber(found, expected, where);
  if (isPlain(expected) && isPlain(found)) {
    const keys = Object.keys(expected);
    if (Object.keys(found).sort().join() !== keys.sort().join()) throw different(found, expected, where);
    for (const key of keys) expectSameState(found[key], expected[key], `${where}.${key}`);
  } else if (expected instanceof Map && found instanceof Map) {
    expectSameState(Object.fromEntries(found), Object.fromEntries(expected), where);
  } else if (expected instanceof Set && found instanceof Set) {
    expectSameState([...found].sort(), [...expected].sort(), where);
  } else if (Array.isArray(expected) && Array.isArray(found) && found.length === expected.length) {
    for (const [i, one] of expected.entries()) expectSameState(found[i], one, `${where}[${i}]`);
  } else if (found !== expected) throw different(found, expected, where);
}

/** A decayed sum that comes out whole is rounded like any other. */
function expectSameNumber(found: unknown, expected: number, where: string): void {
  const exact = Number.isInteger(expected) && !where.includes('.decayed[');
  const tolerance = exact ? 0 : TOLERANCE * Math.max(1, Math.abs(expected));
  if (!(Math.abs(Number(found) - expected) <= tolerance)) throw different(found, expected, where);
}

function different(found: unknown, expected: unknown, where: string): Error {
  return new Error(`${where}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
