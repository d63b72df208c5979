/** The middle of the sorted values; of an even number the mean of the two. Throws RangeError without values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('there is no median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function spread(values: readonly number[]): { median: number; least: number; most: number } {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}
