/** A redis-server of its own for a test; the starter itself is shared with the load tests. */
import { describe, test } from 'vitest';
import { whyNoRedis } from '../../loadtest/redis-server.ts';

export {
  freePort,
  type RedisDirectives,
  RedisServer,
  startRedis,
  startSentinel,
  whyNoRedis,
} from '../../loadtest/redis-server.ts';

/** `describe` for tests that need redis-server: without it they are skipped with the reason, and fail under CI=true. */
export function describeWithRedis(name: string, body: () => void): void {
  const reason = whyNoRedis();
  if (reason === null) return void describe(name, body);
  describe(name, () => {
    test('needs redis-server', (context) => {
      if (process.env.CI === 'true') throw new Error(reason);
      console.warn(`skipped: ${name}: ${reason}`);
      context.skip(reason);
    });
  });
}

/** Asks again and again, without pause but for the asking itself, until the answer is there; the test's own timeout ends it. */
export async function until<T>(ask: () => Promise<T | null | undefined | false>, everyMs = 10): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Asks again while the asking fails, as it does while a connection is made anew. */
export function eventually<T>(ask: () => Promise<T>): Promise<T> {
  return until(async () =>
    ask().then(
      (answer) => ({ answer }),
      () => null,
    ),
  ).then(({ answer }) => answer);
}
