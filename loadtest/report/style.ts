/** Colours and letters of a report; the same in the page and in a chart of its own. Contrasts as on the dashboard (`client/pages/shared/base.css`). */
import { Markup } from './markup.ts';

const LIGHT = `
  --bg: #f3f5f8; --panel: #fff; --edge: #dde2e9; --grid: #e6eaef; --phase: #f4f6f9; --text: #18212c; --muted: #545f6d;
  --good: #08734f; --bad: #b3261e; --main: #0072b2; --second: #c04f00; --quiet: #8a93a0; --bound: #545f6d;`;
const DARK = `
  --bg: #0e1319; --panel: #161c24; --edge: #29323d; --grid: #262f3a; --phase: #1b222b; --text: #e5eaf0; --muted: #9fabb9;
  --good: #4cc795; --bad: #ff8f86; --main: #56a8ea; --second: #f29a52; --quiet: #7b8592; --bound: #9fabb9;`;

export const COLOURS = new Markup(`:root { color-scheme: light dark;${LIGHT} }
@media (prefers-color-scheme: dark) { :root {${DARK} } }`);

export const CHART = new Markup(`
.chart { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; }
.chart text { fill: var(--muted); }
.chart .title { fill: var(--text); font-size: 14px; font-weight: 600; }
.chart .sheet { fill: var(--panel); }
.chart .phase { fill: var(--phase); }
.chart .grid { stroke: var(--grid); stroke-width: 1; }
.chart .edge { stroke: var(--muted); stroke-width: 1; }
.chart .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
.chart .line.main { stroke: var(--main); }
.chart .line.second { stroke: var(--second); }
.chart .line.quiet { stroke: var(--quiet); stroke-width: 1; }
.chart .line.bound { stroke: var(--bound); stroke-width: 1.2; stroke-dasharray: 5 3; stroke-linecap: butt; }
.chart text.main { fill: var(--main); }
.chart text.second { fill: var(--second); }`);

export const PAGE = new Markup(`
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 16px; max-width: 1320px; background: var(--bg); color: var(--text);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; }
h1 { margin: 0; font-size: 1.35rem; }
h2 { margin: 0 0 6px; font-size: 1rem; }
p { margin: 4px 0; }
.muted, small { color: var(--muted); }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
section, figure { margin: 12px 0 0; padding: 10px 14px; border: 1px solid var(--edge); border-radius: 8px; background: var(--panel); }
section.alarm { border-color: var(--bad); }
ul { margin: 4px 0; padding-inline-start: 20px; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--main); }
table { border-collapse: collapse; }
th, td { padding: 3px 20px 3px 0; border-bottom: 1px solid var(--grid); font-weight: normal; text-align: end; white-space: nowrap; }
th:first-child, td:first-child, th.words, td.words { text-align: start; }
td.words { min-width: 12em; white-space: normal; }
tr:last-child > * { border-bottom: 0; }
thead th { color: var(--muted); }
table.list th { width: 16em; vertical-align: top; color: var(--muted); }
table.list td { text-align: start; white-space: normal; overflow-wrap: anywhere; }
.plots { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 12px; margin-top: 12px; }
.plots figure { margin: 0; min-width: 0; }
.plots svg { display: block; width: 100%; height: auto; }
.plots .narrow { display: none; }
figcaption { font-weight: 600; }
summary { width: fit-content; color: var(--muted); cursor: pointer; }
@media (max-width: 900px) { .plots { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 560px) {
  body { padding: 8px; }
  .plots .wide { display: none; }
  .plots .narrow { display: block; }
  table.list th { width: 8em; white-space: normal; }
}
@media print { body { background: none; } section, figure { break-inside: avoid; } }`);
