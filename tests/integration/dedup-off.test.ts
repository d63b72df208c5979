/** GAPLESS_DEDUP_WINDOW=0 turns the claims of clients' ids off, but not those of the server itself. */
import { expect, it, vi } from 'vitest';
import { startTestServer } from '../helpers/server.ts';

it('stores an event of a client again, and a list once', async () => {
  const server = await startTestServer({ GAPLESS_DEDUP_WINDOW: '0' });
  const event = { type: 'explicit_rating', timestamp: Date.now(), user_id: 'u', track_id: 't', rating: 4, id: 'x' };
  const post = async () => {
    const response = await fetch(server.http('/v1/events'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events: [event] }),
    });
    return response.json();
  };
  expect(await post()).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
  expect(await post()).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
  await vi.waitUntil(async () => (await fetch(server.http('/recommendations/u?count=1'))).status === 200, {
    timeout: 20_000,
  });
  const lists = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const list = await (await fetch(server.http('/recommendations/v?request_id=once'))).json();
      return (list as { recommendation_id: string }).recommendation_id;
    }),
  );
  expect(new Set(lists).size).toBe(1);
  await server.stop();
});
