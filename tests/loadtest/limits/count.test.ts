import { expect, it } from 'vitest';
import { count } from '../../../loadtest/limits/count.ts';

it('accepts as many events as a body has lines', async () => {
  const running = await count.start();
  try {
    const post = async (body: string) =>
      (await fetch(new URL('/v1/events', running.url.replace(/^ws/, 'http')), { method: 'POST', body })).json();
    expect(await post('{}\n{}\n{}')).toEqual({ accepted: 3, rejected: [] });
    expect(await post('{}\n{}\n')).toEqual({ accepted: 2, rejected: [] });
    expect(await post(`${'x'.repeat(999)}\n`.repeat(300))).toEqual({ accepted: 300, rejected: [] });
  } finally {
    await running.stop();
  }
});
