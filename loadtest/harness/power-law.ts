/** How a cost grows with what it is for: y = a * x^exponent, fitted by least squares over the logarithms. */

export interface Point {
  x: number;
  y: number;
}

/** 0: it does not grow. 1: in proportion. Below 1: better. Throws RangeError where there are not two sizes, or one is not above 0. */
export function growthExponent(points: readonly Point[]): number {
  if (points.some(({ x, y }) => !(x > 0 && y > 0))) throw new RangeError('a power law has only values above 0');
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (of: 'x' | 'y') => logs.reduce((sum, point) => sum + point[of], 0) / logs.length;
  const [meanX, meanY] = [mean('x'), mean('y')];
  const spread = logs.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (!(spread > 0)) throw new RangeError('growth needs two sizes at least');
  return logs.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

/** The slope of a straight line through the points, by least squares. Throws RangeError where there are not two x. */
export function slope(points: readonly Point[]): number {
  const mean = (of: 'x' | 'y') => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [meanX, meanY] = [mean('x'), mean('y')];
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (!(spread > 0)) throw new RangeError('a slope needs two points at least');
  return points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
