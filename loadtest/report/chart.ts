/** A plot as SVG: lines with their names at their ends, phases behind them, nothing that needs a script. */
import { line as path } from 'd3-shape';
import { type Axis, timeAxis, valueAxis } from './axis.ts';
import { figure, withUnit } from './figures.ts';
import { type Markup, markup } from './markup.ts';
import { known, type Line, merged, type Plot, pointsOf, secondsPerPoint } from './plot.ts';
import { CHART, COLOURS } from './style.ts';

export interface Size {
  width: number;
  height: number;
  /** For the page's style sheet. */
  name?: string;
}
export const WIDE: Size = { width: 620, height: 250, name: 'wide' };
/** So that letters stay readable on a phone. */
export const NARROW: Size = { width: 350, height: 230, name: 'narrow' };

/** Of the widest letters that systems fall back to. */
const LETTER = 7.6;
const LINE_HEIGHT = 14;
const PIXELS_PER_POINT = 2;
/** Room for a phase's number. */
const LEAST_PHASE = 14;

/** Where the lines are drawn. */
interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** What somebody who does not see the chart is told. */
export function inWords(plot: Plot): string {
  const lines = plot.lines.map(({ label, values }) => {
    const found = known(values);
    const [least, middle, most] = [Math.min(...found), merged(found, 'median'), Math.max(...found)];
    const write = (value: number | null) => withUnit(value, plot.unit);
    return found.length === 0
      ? `${label} unknown`
      : `${label} ${write(least)} to ${write(most)}, median ${write(middle)}`;
  });
  const seconds = figure(plot.times.at(-1) ?? 0);
  return `${plot.title}${plot.quantity && `, ${plot.quantity}`}, over ${seconds} s: ${lines.join('; ') || 'no figures'}.`;
}

export function chart(plot: Plot, size: Size, inner: Markup = markup``, above = 0): Markup {
  const longest = Math.max(0, ...named(plot).map(({ label }) => label.length));
  const frame = {
    left: 58,
    right: size.width - 12 - longest * LETTER,
    top: above + 42,
    bottom: above + size.height - 38,
  };
  const end = Math.max(plot.times.at(-1) ?? 0, ...plot.phases.map(({ from, seconds }) => from + seconds));
  const x = timeAxis(Number.isFinite(end) ? end : 1, [frame.left, frame.right]);
  const y = valueAxis(known(plot.lines.flatMap(({ values }) => values)), {
    ...plot,
    range: [frame.bottom, frame.top],
  });
  const perPoint = secondsPerPoint(plot, (frame.right - frame.left) / PIXELS_PER_POINT);
  const drawn = markup`${phases(plot, x, frame)}
${axes(timeCaptions(plot, x, frame, perPoint), x, y, frame)}
${plot.lines.map((one) => curve(plot, one, x, y, perPoint))}
${plot.lines.length === 0 && markup`<text x="${frame.left + 10}" y="${frame.bottom - 10}">no figures</text>`}
${names(plot, y, frame)}`;
  return svg(inWords(plot), size, above, inner, drawn);
}

/** `drawn` stands in a place of this size with room `above`, where `inner` is. */
export function svg(words: string, size: Size, above: number, inner: Markup, drawn: Markup): Markup {
  const height = size.height + above;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="chart ${size.name}" role="img" viewBox="0 0 ${size.width} ${height}" width="${size.width}" height="${height}" aria-label="${words}">${inner}
${drawn}
</svg>`;
}

/** With everything it needs in it, as a file. */
export function chartFile(plot: Plot, about: string): string {
  return inFile(plot.title, about, (...place) => chart(plot, ...place));
}

type Draw = (size: Size, inner: Markup, above: number) => Markup;
const FILE: Size = { width: 760, height: 300 };

/** `draw` puts `inner` into its chart and leaves so much room above. */
export function inFile(title: string, about: string, draw: Draw): string {
  const inner = markup`<style>${COLOURS}${CHART}</style>
<rect class="sheet" width="100%" height="100%"/>
<text class="title" x="10" y="20">${title}</text>
<text x="10" y="36">${about}</text>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${draw(FILE, inner, 34)}\n`;
}

function phases({ phases }: Plot, x: Axis, { top, bottom }: Frame): Markup {
  const spans = phases.map(({ name, from, seconds }) => ({ name, from: x.at(from), to: x.at(from + seconds) }));
  const isNamed = spans.every(({ name, from, to }) => name.length * LETTER <= to - from);
  let free = Number.NEGATIVE_INFINITY;
  return markup`${spans.map(({ name, from, to }, i) => {
    const text = isNamed ? name : String(i + 1);
    const isShown = from >= free && to - from >= Math.min(LEAST_PHASE, text.length * LETTER);
    if (isShown) free = from + text.length * LETTER + 4;
    return markup`${i % 2 === 0 && markup`<rect class="phase" x="${px(from)}" y="${px(top - 18)}" width="${px(to - from)}" height="${px(bottom - top + 18)}"/>`}
<line class="grid" x1="${px(from)}" x2="${px(from)}" y1="${px(top - 18)}" y2="${px(bottom)}"/>
${isShown && markup`<text x="${px(from + 3)}" y="${px(top - 6)}">${text}</text>`}`;
  })}`;
}

/** What is said beside the axes: the unit has its place in front of `y` and behind `x`. */
interface Captions {
  x: string;
  y: string;
}

function timeCaptions({ quantity }: Plot, x: Axis, { left, right }: Frame, perPoint: number): Captions {
  const since = right - left > 350 ? 'time since the load began' : 'time';
  const points = perPoint > 1 ? `; a point is ${perPoint} s` : '';
  return { x: `${since} (${x.scaling.name})${points}`, y: quantity };
}

export function axes(captions: Captions, x: Axis, y: Axis, { left, right, top, bottom }: Frame): Markup {
  const quantity = [y.scaling.name, captions.y].filter((word) => word !== '').join(' ');
  return markup`<text x="4" y="${px(top - 28)}">${quantity}${y.isLog && ', log scale'}</text>
${y.ticks.map(({ at, text }) => markup`<line class="grid" x1="${left}" x2="${px(right)}" y1="${px(at)}" y2="${px(at)}"/><text x="${left - 6}" y="${px(at + 4)}" text-anchor="end">${text}</text>`)}
<line class="edge" x1="${left}" x2="${px(right)}" y1="${bottom}" y2="${bottom}"/>
${x.ticks.map(({ at, text }) => markup`<line class="edge" x1="${px(at)}" x2="${px(at)}" y1="${bottom}" y2="${bottom + 4}"/><text x="${px(at)}" y="${bottom + 17}" text-anchor="middle">${text}</text>`)}
<text x="${px((left + right) / 2)}" y="${bottom + 33}" text-anchor="middle">${captions.x}</text>`;
}

function curve({ times }: Plot, { values, look, merge }: Line, x: Axis, y: Axis, perPoint: number): Markup {
  const places: ([number, number] | null)[] = [];
  for (const { gap, indices } of pointsOf(times, perPoint)) {
    const value = merged(
      indices.map((i) => values[i] ?? null),
      merge,
    );
    if (gap) places.push(null);
    places.push(value === null ? null : [x.at(times[indices.at(-1)!]!), y.at(value)]);
  }
  const d = path<[number, number] | null>()
    .defined((place) => place !== null)
    .x((place) => px(place![0]))
    .y((place) => px(place![1]))(places);
  return markup`<path class="line ${look}" d="${d ?? ''}"/>`;
}

/** A single line is what the title says. */
function named({ lines }: Plot): readonly Line[] {
  return lines.length > 1 ? lines : [];
}

/** At the height where each line ends, moved apart where they would cover each other. */
function names(plot: Plot, y: Axis, { top, right, bottom }: Frame): Markup {
  const ends = named(plot)
    .map((line) => ({ line, at: y.at(known(line.values).at(-1) ?? 0) }))
    .sort((a, b) => a.at - b.at);
  const places = ends.map(({ at }) => at);
  for (let i = 1; i < places.length; i++) places[i] = Math.max(places[i]!, places[i - 1]! + LINE_HEIGHT);
  for (let i = places.length - 1, most = bottom; i >= 0; i--, most -= LINE_HEIGHT) {
    places[i] = Math.max(top, Math.min(places[i]!, most));
  }
  return markup`${ends.map(({ line: { look, label } }, i) => markup`<text class="${look}" x="${px(right + 6)}" y="${px(places[i]! + 4)}">${label}</text>`)}`;
}

/** Tenths of a pixel are fine enough, and keep the file small. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}
