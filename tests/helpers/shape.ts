/** Whether the engine takes two objects for the same kind of thing, so that code which has seen one is quick with the other. */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--allow-natives-syntax');
const haveSameMap = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

/** How many shapes there are among objects that were made one after another; V8 makes the first few differently. */
export function shapesOf<T extends object>(make: (i: number) => T, count = 500): number {
  for (let i = 0; i < 2_000; i++) make(i);
  const shapes: T[] = [];
  for (let i = 0; i < count; i++) {
    const made = make(i);
    if (!shapes.some((one) => haveSameMap(one, made))) shapes.push(made);
  }
  return shapes.length;
}
