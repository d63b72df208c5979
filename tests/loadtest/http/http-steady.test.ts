/** A short real run: requests of mixed sizes with bad events at a fixed rate, every answer checked, the log verified. */
import { expect, it } from 'vitest';
import { embedded } from '../../../loadtest/contenders/gapless.ts';
import { conduct } from '../../../loadtest/run/conduct.ts';
import { httpSteady } from '../../../loadtest/scenarios/http.ts';

it('verifies that exactly the good events are stored', { timeout: 90_000 }, async () => {
  const record = await conduct(
    httpSteady,
    {
      ...{ target: 'embedded', seconds: 1, seed: 5, short: true, rate: 40, connections: 4 },
      ...{ format: 'ndjson', eventsPerRequest: 20, sizes: 'mixed', bad: 0.2 },
    },
    { contender: embedded, env: {}, processes: 1, signal: new AbortController().signal, tell: () => undefined },
  );
  expect(record.faults).toEqual([]);
  expect(record.verdict).toMatchObject({ ok: true, missing: 0, repeated: 0, foreign: 0, outOfOrder: 0 });
  const { stored, acknowledged } = record.verdict!;
  const bad = record.findings.find(({ name }) => name.startsWith('bad events'))!.value;
  expect(bad).toBeGreaterThan(0);
  expect(stored).toBe(acknowledged - bad);
});
