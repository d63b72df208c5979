/** A chart with its legend, a sentence that says the same, and a table for whoever wants the numbers. */
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { age, clock } from '../../shared/format.ts';
import { Panel } from '../../shared/panel.tsx';
import { Scroll } from '../../shared/scroll.tsx';
import { useStore } from '../../shared/store.ts';
import { theme } from '../../shared/theme.tsx';
import type { ChartModel } from '../charts.ts';
import { Plot } from '../plot.tsx';
import { columns, type Read, samples, since, stack, summarise } from '../state/columns.ts';
import type { Second } from '../state/seconds.ts';

export interface ChartPanelProps {
  id: string;
  model: ChartModel;
  seconds: readonly Second[];
  windowMs: number;
  height?: number;
  /** Over the empty axes, where there is nothing to draw. */
  empty?: ComponentChildren;
  children?: ComponentChildren;
}

const HEIGHT = 150;
const TABLE_ROWS = 10;

export function ChartPanel({ id, model, seconds, windowMs, height = HEIGHT, empty, children }: ChartPanelProps) {
  const [cursor, setCursor] = useState<number | null>(null);
  const look = useStore(theme);
  const visible = useMemo(() => since(seconds, windowMs), [seconds, windowMs]);
  const plain = useMemo(
    () =>
      columns(
        visible,
        model.lines.map(({ read }) => read),
      ),
    [visible, model],
  );
  const data = useMemo(() => (model.stacked ? stack(plain) : plain), [plain, model]);
  const to = (visible.at(-1)?.at ?? Date.now()) / 1000;
  const at = cursor ?? plain[0].length - 1;
  const moment = cursor !== null && plain[0][cursor] ? clock(plain[0][cursor] * 1000) : 'now';
  return (
    <Panel id={id} title={model.title} note={model.unit} end={moment}>
      <ul class="legend">
        {model.lines.map(({ name, color }, i) => (
          <li key={name}>
            <span class="swatch" style={{ background: `var(${color})` }} aria-hidden="true" />
            {name} <b>{model.format(plain[i + 1]?.[at] ?? Number.NaN)}</b>
          </li>
        ))}
      </ul>
      <p class="visually-hidden">{describe(model, visible)}</p>
      <div class="canvas">
        <Plot key={look} {...{ model, data, height, to }} from={to - windowMs / 1000} onCursor={setCursor} />
        {empty}
      </div>
      {children}
      <NumbersTable model={model} seconds={visible} stepMs={windowMs / TABLE_ROWS} />
    </Panel>
  );
}

function describe(model: ChartModel, seconds: readonly Second[]): string {
  const { format, lines } = model;
  const total: Read = (second) => lines.reduce((sum, { read }) => sum + read(second), 0);
  const told = model.stacked ? [{ name: 'all', read: total }] : lines;
  const sentences = told.map(({ name, read }) => {
    const summary = summarise(seconds, read);
    return summary
      ? `${name}: now ${format(summary.last)}, lowest ${format(summary.lowest)}, highest ${format(summary.highest)}`
      : `${name}: nothing yet`;
  });
  return `Chart of ${model.title.toLowerCase()}, ${model.unit}. ${sentences.join('; ')}.`;
}

/** Made only while it is open. */
function NumbersTable({ model, seconds, stepMs }: { model: ChartModel; seconds: readonly Second[]; stepMs: number }) {
  const [open, setOpen] = useState(false);
  const reads = model.lines.map(({ read }) => read);
  const rows = open ? samples(seconds, stepMs, reads) : [];
  return (
    <details class="numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Numbers<span class="visually-hidden"> of {model.title.toLowerCase()}</span>
      </summary>
      {open && (
        <Scroll label={`Numbers of ${model.title.toLowerCase()}`}>
          <table>
            <caption class="note">The highest of each {age(stepMs)}</caption>
            <thead>
              <tr>
                <th scope="col">time</th>
                {model.lines.map(({ name }) => (
                  <th key={name} scope="col" class="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ at, values }) => (
                <tr key={at}>
                  <th scope="row">{clock(at)}</th>
                  {model.lines.map(({ name }, i) => (
                    <td key={name} class="number">
                      {model.format(values[i]!)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </details>
  );
}
