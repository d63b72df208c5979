/** Whether the engine takes two objects for the same kind of thing, so that code which has seen one is quick with the other. */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--allow-natives-syntax');
const ROUNDS = 4;
const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

/**
 * How many shapes there are among objects that were made one after another. V8 makes the first few differently, and others once more where
 * it learns something of them or compiles their maker meanwhile: the fewest of several rounds count.
 */
export function shapesOf<T extends object>(make: (i: number) => T, count = 500): number {
  for (let i = 0; i < 2_000; i++) make(i);
  return Math.min(
    ...Array.from({ length: ROUNDS }, () => shapesAmong(Array.from({ length: count }, (_, i) => make(i)))),
  );
}

function shapesAmong<T extends object>(objects: readonly T[]): number {
  const shapes: T[] = [];
  for (const object of objects) if (!shapes.some((one) => haveSameMap(one, object))) shapes.push(object);
  return shapes.length;
}
