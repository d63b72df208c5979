/** docs/HTTP.md and the code say the same: routes and error codes, in both directions. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PROBLEMS } from '../../../server/gateway/problem.ts';
import * as features from '../../../server/gateway/schemas/features.ts';
import * as recommendations from '../../../server/gateway/schemas/recommendations.ts';
import { startWhole } from './whole.ts';

const text = readFileSync('docs/HTTP.md', 'utf8');

/** The rows of the table whose first cell of the head is this. */
function rows(head: string): string[][] {
  const lines = text.slice(text.indexOf(`| ${head} |`)).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

it('names every route, and no other', async () => {
  const named = rows('route').flatMap(([route = '', bare]) => {
    const [method] = route.split(' ');
    return bare ? [route, `${method} ${bare}`] : [route];
  });
  const routes = (await startWhole()).routes().map(({ method, path }) => `${method} ${path}`);
  expect(named.sort()).toEqual([...routes, 'GET /v1/stream'].sort());
});

it('names every error with its status, and no other', () => {
  const named = rows('`code`').map(([code = '', status]) => [code, Number(status)]);
  const known = Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]);
  expect(Object.fromEntries(named)).toEqual(Object.fromEntries(known));
});

it('tells the limits', () => {
  const limits = Object.fromEntries(rows('what').map(([what, limit]) => [what, limit]));
  expect(limits['requests in /recommendations/batch']).toBe(String(recommendations.BATCH_MAX));
  const { ROWS_MAX, REFERENCES_MAX, VALUES_MAX } = features;
  expect(limits['rows, references, values in /features/batch']).toBe(
    [ROWS_MAX, REFERENCES_MAX, VALUES_MAX].map((most) => most.toLocaleString('en')).join(', '),
  );
});
