/** The SDK against a real server that goes down in order and comes back on the same port and data. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect, fileStore } from '../../client/node.ts';
import type { ClientEvent, Verdict } from '../../client/types.ts';
import { startTestServer } from '../helpers/server.ts';

const EVENTS = 3_000;
const event = (n: number): ClientEvent => ({
  type: 'user_interaction',
  timestamp: Date.now(),
  session_id: `s-${n % 7}`,
  track_id: `t-${n}`,
  action: n % 500 === 0 ? 'not one' : 'play',
});

test('a server that restarts twice: every event gets its verdict once, own numbering and derived', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gapless-sdk-'));
  const env = { GAPLESS_DATA_DIR: join(folder, 'data'), ENABLE_REALTIME_PROCESSING: 'false' };
  let server = await startTestServer(env);
  const port = new URL(server.url).port;
  const common = { url: server.url, context: { user_id: 'ann' }, backoff: { minMs: 10, maxMs: 50 } };
  const clients = [
    connect({ ...common, outbox: { store: fileStore(join(folder, 'outbox'), { fsync: false }) } }),
    connect({ ...common, producer: 'lines', numbering: 'derived', subprotocol: 'gapless.v1.json' }),
  ];
  const verdicts = clients.map((client) => {
    const told: Verdict[] = [];
    client.on('verdict', (verdict) => told.push(verdict));
    return told;
  });
  for (let part = 0; part < 3; part++) {
    for (const client of clients) {
      for (let n = 1; n <= EVENTS / 3; n++) {
        while (!client.push(event((part * EVENTS) / 3 + n))) await client.ready();
      }
    }
    if (part === 2) break;
    await server.stop();
    server = await startTestServer({ ...env, GAPLESS_PORT: port });
  }
  for (const [i, client] of clients.entries()) {
    expect(await client.flush()).toBe(true);
    expect(client.stats).toMatchObject({
      done: EVENTS,
      stored: EVENTS - 6,
      rejected: 6,
      dropped: 0,
      durability: 'fsync',
    });
    expect(client.stats.reconnects).toBeGreaterThanOrEqual(1);
    expect(verdicts[i]!.map(({ seq }) => seq)).toEqual(Array.from({ length: EVENTS }, (_, n) => n + 1));
    await client.close();
  }

  const again = connect({ ...common, producer: 'lines', numbering: 'derived' });
  expect(await again.resume()).toBe(EVENTS + 1);
  await again.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});
