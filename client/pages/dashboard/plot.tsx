/** A uPlot chart as a component: made once for each look, told its data each second. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock } from '../shared/format.ts';
import { axisEnd } from './axis.ts';
import type { ChartModel } from './charts.ts';
import type { Columns } from './state/columns.ts';

export interface PlotProps {
  model: ChartModel;
  data: Columns;
  /** Where the time axis begins and ends, s since 1970. */
  from: number;
  to: number;
  height: number;
  /** The pointer is over this place of the data, or over none. */
  onCursor: (index: number | null) => void;
}

/** Wide enough for every label there is, so that nothing moves. */
const AXIS_WIDTH = 62;
const TIME_STEPS_S = [5, 10, 15, 30, 60, 120, 180, 300];
const POWERS_OF_TWO = Array.from({ length: 50 }, (_, power) => 2 ** power);
/** All charts show the same moment under the pointer. */
const SYNC = 'time';

export function Plot({ model, data, from, to, height, onCursor }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);

  // The model of a plot does not change, and its data comes below.
  useLayoutEffect(() => {
    const element = host.current!;
    const made = new uPlot(options(model, element.clientWidth, height, onCursor), data as uPlot.AlignedData, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [model, height]);

  useLayoutEffect(() => {
    plot.current?.batch((made: uPlot) => {
      made.setData(data as uPlot.AlignedData, false);
      made.setScale('x', { min: from, max: to });
    });
  }, [data, from, to]);

  return <div class="plot" ref={host} style={{ height: `${height}px` }} aria-hidden="true" />;
}

function options(
  model: ChartModel,
  width: number,
  height: number,
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: color('--muted'),
    font: `11px ${style.fontFamily}`,
    grid: { stroke: color('--grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: SYNC }, points: { size: 6 } },
    scales: {
      x: { time: true },
      y: { range: (_, __, high) => [0, model.most ?? axisEnd(high ?? 0, model.least, model.binary)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 64,
        incrs: TIME_STEPS_S,
        values: (_, times, __, ___, step) => times.map((time) => clock(time * 1000, step % 60 !== 0)),
      },
      {
        ...axis,
        size: AXIS_WIDTH,
        space: 28,
        gap: 4,
        values: (_, values) => values.map(model.format),
        ...(model.binary && { incrs: POWERS_OF_TWO }),
      },
    ],
    series: [
      {},
      ...model.lines.map(
        (line): uPlot.Series => ({
          stroke: color(line.color),
          width: model.stacked ? 1 : 1.75,
          dash: line.dash,
          fill: model.stacked ? color(line.color) : undefined,
          points: { show: false },
        }),
      ),
    ],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
  };
}
