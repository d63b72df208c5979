/** GAPLESS_DEDUP_WINDOW=0 turns the claims of clients' ids off. */
import { expect, it } from 'vitest';
import { startTestServer } from '../helpers/server.ts';

it('stores an event of a client again where ids are not remembered', async () => {
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
  await server.stop();
});
