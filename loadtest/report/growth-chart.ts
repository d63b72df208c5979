/** A cost against the size of what it is for, as SVG: what `scale` finds. */
import { line as path } from 'd3-shape';
import { sizeAxis, valueAxis } from './axis.ts';
import { axes, inFile, px, type Size, svg } from './chart.ts';
import { figure } from './figures.ts';
import { type Markup, markup } from './markup.ts';
import type { Growth, RunRecord } from './record.ts';

export function growthsOf({ findings }: Pick<RunRecord, 'findings'>): Growth[] {
  return findings.flatMap(({ growth }) => (growth && growth.points.length > 0 ? [growth] : []));
}

/** Also the name of its file. */
export function growthId({ over, of }: Growth): string {
  return `${of}-over-${over}`.toLowerCase().replaceAll(' ', '-');
}

export function growthTitle({ over, of }: Growth): string {
  return `${of} over ${over}`;
}

/** What somebody who does not see the chart is told. */
export function growthInWords(growth: Growth): string {
  const points = growth.points.map(({ size, cost }) => `${figure(cost)} at ${size.toLocaleString('en')}`);
  return `${growthTitle(growth)}, ${growth.unit}: ${points.join(', ')}.`;
}

export function growthChart(growth: Growth, size: Size, inner: Markup = markup``, above = 0): Markup {
  const frame = { left: 58, right: size.width - 24, top: above + 42, bottom: above + size.height - 38 };
  const x = sizeAxis(
    growth.points.map((point) => point.size),
    [frame.left, frame.right],
  );
  const costs = growth.points.map((point) => point.cost);
  const y = valueAxis(costs, { unit: 'plain', range: [frame.bottom, frame.top] });
  const places = growth.points.map(({ size, cost }): [number, number] => [px(x.at(size)), px(y.at(cost))]);
  const drawn = markup`${axes({ x: `${growth.over}, log scale`, y: growth.unit }, x, y, frame)}
<path class="line main" d="${path()(places) ?? ''}"/>
${places.map(([cx, cy]) => markup`<circle class="line main" cx="${cx}" cy="${cy}" r="3"/>`)}`;
  return svg(growthInWords(growth), size, above, inner, drawn);
}

/** With everything it needs in it, as a file. */
export function growthFile(growth: Growth, about: string): string {
  return inFile(growthTitle(growth), about, (...place) => growthChart(growth, ...place));
}
