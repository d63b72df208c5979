/** The first `count` of the numbers in the order that `before` says, in that order. For counts of some hundreds at most. */
export function top(
  numbers: readonly number[],
  count: number,
  before: (a: number, b: number) => boolean,
  wanted: (number: number) => boolean = () => true,
): number[] {
  const list: number[] = [];
  for (const number of numbers) {
    if (list.length === count && (count === 0 || !before(number, list[count - 1]!))) continue;
    if (!wanted(number)) continue;
    if (list.length === count) list.pop();
    let at = list.length;
    for (; at > 0 && before(number, list[at - 1]!); at--) list[at] = list[at - 1]!;
    list[at] = number;
  }
  return list;
}
