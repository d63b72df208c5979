/** One short run of each peer: it starts, takes events, stores as many as it acknowledged, and is gone afterwards. */
import { describe, expect, test } from 'vitest';
import type { Contender } from '../../../loadtest/contenders/contender.ts';
import { nats } from '../../../loadtest/contenders/nats.ts';
import { socketIo, socketIoUws } from '../../../loadtest/contenders/socket-io.ts';
import { straightforward } from '../../../loadtest/contenders/straightforward.ts';
import type { LoadPlan } from '../../../loadtest/generator/plan.ts';
import { run } from '../../../loadtest/generator/run.ts';
import { echo } from '../../../loadtest/limits/echo.ts';
import { storedEcho } from '../../../loadtest/limits/stored-echo.ts';
import { whyNoRedis } from '../../../loadtest/redis-server.ts';

const PEERS: readonly [Contender, number][] = [
  [straightforward, 10],
  [socketIo, 10],
  [socketIoUws, 1],
  [nats, 10],
  [echo, 10],
  [storedEcho, 10],
];

describe('peers', () => {
  test.each(PEERS.map(([contender, frame]) => ({ contender, frame, name: contender.name })))(
    '$name',
    async ({ contender, frame, name }) => {
      const missing = contender.missing ? contender.missing() : null;
      const reason = missing ?? (name === 'nats' || name === 'echo' ? null : whyNoRedis());
      if (reason !== null) {
        if (process.env.CI === 'true') throw new Error(reason);
        console.warn(`skipped: ${name}: ${reason}`);
        return;
      }
      const running = await contender.start();
      try {
        const stop = new AbortController();
        const plan: LoadPlan = {
          wire: running.wire!,
          url: running.url,
          producers: 'load',
          connections: 3,
          eventsPerFrame: frame,
          events: { seed: 1, perConnection: 30, startMs: Date.now() },
          loop: { kind: 'closed', inFlight: 20 },
          warmUpMs: 0,
          measureMs: 100,
          drainMs: 10_000,
        };
        const report = await run(plan, () => undefined, {
          stop: stop.signal,
          begin: Promise.resolve(Date.now()),
          go: Promise.resolve(),
        });
        expect(report.faults).toEqual([]);
        for (const { sent, acknowledged } of report.tallies) {
          expect(sent).toBeGreaterThan(0);
          expect(acknowledged).toBe(sent);
        }
        const verdict = await running.verify([{ events: plan.events, tallies: report.tallies }]);
        expect(verdict?.ok ?? null).toBe(contender.isLimit ? null : true);
      } finally {
        await running.stop();
      }
    },
  );
});
