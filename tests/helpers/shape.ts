/** Whether the engine takes two objects for the same kind of thing, so that code which has seen one is quick with the other. */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--allow-natives-syntax');
const ROUNDS = 4;
/** Of a map's transitions in V8; an object that would need one more has a map of its own. */
const TRANSITIONS_MAX = 1_536;
const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

/**
 * In a process that has seen many keys, objects that grow from where many others began (`{ a, ...others }`) have a shape each. All that is
 * asked here is asked of such a process. They are kept, for shapes of what is gone are gone.
 */
const seen = Array.from({ length: TRANSITIONS_MAX + 1 }, (_, i) => {
  const make = new Function(`return { k${i}: 1, ...{} }`) as () => object;
  // A literal has no shape to share before its second time.
  return [make(), make(), make()];
});

/**
 * How many shapes there are among objects that were made one after another. V8 makes the first few differently, and others once more where
 * it learns something of them or compiles their maker meanwhile: the fewest of several rounds count.
 */
export function shapesOf<T extends object>(make: (i: number) => T, count = 500): number {
  for (let i = 0; i < seen.length; i++) make(i);
  return Math.min(
    ...Array.from({ length: ROUNDS }, () => shapesAmong(Array.from({ length: count }, (_, i) => make(i)))),
  );
}

function shapesAmong<T extends object>(objects: readonly T[]): number {
  const shapes: T[] = [];
  for (const object of objects) if (!shapes.some((one) => haveSameMap(one, object))) shapes.push(object);
  return shapes.length;
}
