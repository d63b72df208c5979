/** A run as one HTML file: no script, nothing from the network. */
import { chart, inWords, NARROW, type Size, WIDE } from './chart.ts';
import {
  cpuGrid,
  findingGrid,
  type Grid,
  machineInWords,
  phaseGrid,
  phaseNote,
  settingGrid,
  standing,
  verdictInWords,
  WORDS,
} from './content.ts';
import { growthChart, growthInWords, growthsOf, growthTitle } from './growth-chart.ts';
import { type Markup, markup } from './markup.ts';
import { hasValues } from './plot.ts';
import { plotsOf } from './plots.ts';
import { type RunRecord, whyNotCounted } from './record.ts';
import { CHART, COLOURS, PAGE } from './style.ts';

export function page(record: RunRecord): string {
  const { good, text } = standing(record);
  const plots = plotsOf(record);
  const without = plots
    .filter((plot) => !hasValues(plot))
    .map(({ title }) => title.replace(/[:,].*/, '').toLowerCase());
  const body = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${record.scenario}, ${record.contender}: load test</title>
<style>${COLOURS}${CHART}${PAGE}</style>
</head>
<body>
<header>
<h1>${record.scenario} <span class="${good ? 'good' : 'bad'}">${text}</span></h1>
<p>${record.title}</p>
${machineInWords(record).map((line) => markup`<p class="muted">${line}</p>`)}
</header>
<main>
${list('Why it does not count', whyNotCounted(record))}
${list('Faults', record.faults)}
${grid('Findings', findingGrid(record))}
${grid('Phases', phaseGrid(record), phaseNote(record))}
<div class="plots">
${growthsOf(record).map((growth) => figure(growthTitle(growth), growthInWords(growth), (size) => growthChart(growth, size)))}
${plots.filter(hasValues).map((plot) => figure(plot.title, inWords(plot), (size) => chart(plot, size)))}
</div>
${without.length > 0 && markup`<p class="muted">Not known in this run: ${without.join(', ')}.</p>`}
${grid('CPU', cpuGrid(record))}
<section aria-label="Log"><h2>Log</h2><p class="${record.verdict?.ok === false && 'bad'}">${verdictInWords(record)}</p></section>
${settings(settingGrid(record))}
</main>
</body>
</html>
`;
  return body.toString();
}

function list(title: string, lines: readonly string[]): Markup {
  if (lines.length === 0) return markup``;
  return markup`<section class="alarm" aria-label="${title}"><h2 class="bad">${title}</h2><ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul></section>`;
}

function grid(title: string, { head, rows }: Grid, note = ''): Markup {
  if (rows.length === 0) return markup``;
  const isOfWords = (i: number) => WORDS.includes(head[i]!);
  const cell = (text: string, i: number) => {
    const look = text === 'reached' ? 'good' : text === 'NOT reached' ? 'bad' : '';
    return markup`<td class="${isOfWords(i) && 'words'} ${look}">${text}</td>`;
  };
  const row = (cells: readonly string[]) =>
    markup`<tr><th scope="row">${cells[0]}</th>${cells.slice(1).map((text, i) => cell(text, i + 1))}</tr>\n`;
  // A part that can be scrolled must be reachable by keys.
  return markup`<section aria-label="${title}"><h2>${title}</h2>
<div class="scroll" tabindex="0" role="group" aria-label="${title}"><table>
<thead><tr>${head.map((name, i) => markup`<th scope="col" class="${isOfWords(i) && 'words'}">${name}</th>`)}</tr></thead>
<tbody>${rows.map(row)}</tbody></table></div>
${note && markup`<small>${note}</small>`}</section>`;
}

function figure(title: string, inWords: string, draw: (size: Size) => Markup): Markup {
  return markup`<figure><figcaption>${title}</figcaption>
${draw(WIDE)}
${draw(NARROW)}
<details><summary>In words</summary><p>${inWords}</p></details></figure>
`;
}

function settings({ rows }: Grid): Markup {
  const lines = rows.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`);
  return markup`<section aria-label="Settings"><details><summary>Settings</summary><table class="list"><tbody>${lines}</tbody></table></details></section>`;
}
