/**
 * Writes `docs/FEATURES.md` from the registry of features. It is checked in; a test compares it with what this script would write, so run
 * `npx tsx scripts/make-features-doc.ts` after a change and read the difference.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FeatureDefinition, FeatureView } from '../server/features/definition.ts';
import { VIEWS } from '../server/features/registry.ts';
import { WINDOWS } from '../server/features/tiles.ts';

export const FILE = fileURLToPath(new URL('../docs/FEATURES.md', import.meta.url));

const INTRODUCTION = `# Features

Written by \`npx tsx scripts/make-features-doc.ts\` from the registry (\`server/features/registry.ts\`); do not edit.

A feature is named \`view:feature\`, \`user:plays_last_1h\` for example; \`user:*\` is all of a view. A view needs the ids of its entity. Every event
of the log changes each record once, whatever is resent or crashes.

## How values are read

- **Event time.** All times are those of the events, corrected by the clock of their connection. A value is read as of a time T, now or one
  that is given; the clock plays no other part, so the same events read at the same T give the same value. The order in which events come in
  does not change totals and windows, and decayed sums only by rounding; sessions and tastes follow the order of the log.
- **Totals** (\`_total\`) are exact and never decay.
- **Decayed** sums (\`_decayed_\`) count an event of time t as 2^(-(T - t) / h), h being the half-life: after one half-life it counts half.
- **Windows** (\`_last_\`) are exact counts over tiles of event time: the tile that T falls into and those that make up the window before it. So
  they cover the whole window and at most one tile more: ${WINDOWS.map(({ name, tileMs }) => `${name} by ${tileName(tileMs)}`).join(', ')}.
- **A play** is an event with the action \`play\`. A client that says it again after a pause counts another one here: an event is read by itself, whatever
  came before. The session and the models know that it is the same track going on.
- **Sessions.** Who listens on several devices at once has a session on each; the one that was heard of last is under way, and up to two others of the last
  half hour are gone on with where they were.
- **Rates** start from what is usual (a Beta prior with the weight of 4 plays, for clicks of 20), so that a few events do not make 0 % or 100 %. Usual
  is, after P. Lamere, [The Skip](https://musicmachinery.com/2014/05/02/the-skip/) (2014, billions of plays), that 35 % of plays are left before 30 s
  and 51 % reach the end; for clicks 5 % is assumed. As events decay, a rate goes back to what is usual.
- **Early edges.** What came after T cannot be taken out of a value. Where T is more than 5 minutes before the last event that changed a
  value, it is \`null\`; a window is answered as long as its tiles reach back. Within these 5 minutes, by which clocks may differ, a decayed
  sum is read as of that last event.

Each value comes with its \`status\`: \`present\`; \`null\`, the entity is known, but there is no answer (a rate without events); \`not_found\`,
nothing is known of the entity; \`outside_max_age\`, the last event that changed it is older than the \`maxAgeMs\` of the request. \`at\` is the event
time of that last event; of a count that is still 0, that of the entity's last event.
`;

export function featuresDoc(views: readonly FeatureView[] = VIEWS): string {
  const sections = new Map<FeatureView['features'], FeatureView[]>();
  for (const view of views) sections.set(view.features, [...(sections.get(view.features) ?? []), view]);
  const list = views.map(({ name, entity, about }) => `| \`${name}\` | ${entity.join(', ') || '-'} | ${about} |`);
  return [
    INTRODUCTION,
    '## Views\n',
    '| view | ids | |\n|---|---|---|',
    ...list,
    ...[...sections].map(([features, sharing]) => section(features, sharing)),
  ]
    .join('\n')
    .concat('\n');
}

function section(features: readonly FeatureDefinition[], views: readonly FeatureView[]): string {
  const lines = families(features).map(([{ about, unit, formula }, names, spans]) => {
    return `| ${names} | ${about} | ${unit} | ${formula} | ${spans} |`;
  });
  return [
    `\n## Features of ${views.map(({ name }) => `\`${name}\``).join(', ')}\n`,
    '| feature | | unit | formula | half-life or window |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

/** Features that differ in nothing but their half-life or window, in one line. */
function families(features: readonly FeatureDefinition[]): [FeatureDefinition, names: string, spans: string][] {
  const groups = new Map<string, FeatureDefinition[]>();
  for (const feature of features) {
    const key = JSON.stringify([feature.about, feature.unit, feature.formula]);
    groups.set(key, [...(groups.get(key) ?? []), feature]);
  }
  return [...groups.values()].map((group) => {
    const names = group.map(({ name }) => `\`${name}\``).join(' ');
    const spans = group.map(({ halfLife, window }) => halfLife ?? window ?? '').join(' ');
    return [group[0]!, names, spans];
  });
}

function tileName(ms: number): string {
  if (ms < 60_000) return `${ms / 1000} s`;
  return ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(FILE, featuresDoc());
