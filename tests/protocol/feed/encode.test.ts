import { expect, it } from 'vitest';
import { encodeFeedFrame } from '../../../protocol/feed/encode.ts';
import { codecFor, type ServerFrame, SUBPROTOCOLS } from '../../../protocol/wire.ts';

it.each(SUBPROTOCOLS)('makes the frames that %s decodes', (subprotocol) => {
  const codec = codecFor(subprotocol);
  const items = [{ type: 'user_interaction', rank: 1.5, note: 'ü"' }, {}, { at: 1_764_547_200_000 }];
  const encoded = items.map((item) => codec.encodeEvent(item));
  const many = Array.from({ length: 70_000 }, () => codec.encodeEvent(1));
  const decode = (frame: Parameters<typeof encodeFeedFrame>[1]): ServerFrame | null =>
    codec.decodeServer(encodeFeedFrame(codec, frame));
  expect(decode({ op: 'DATA', sub: 3, offset: '丁"', items: encoded })).toEqual({
    op: 'DATA',
    sub: 3,
    offset: '丁"',
    items,
  });
  expect(decode({ op: 'DATA', sub: 3, offset: '', items: [] })).toEqual({ op: 'DATA', sub: 3, offset: '', items: [] });
  expect(decode({ op: 'DATA', sub: 3, offset: '', items: many })).toMatchObject({ items: { length: 70_000 } });
  expect(decode({ op: 'GAP', sub: 3, skipped: null, offset: 'x' })).toEqual({
    op: 'GAP',
    sub: 3,
    skipped: null,
    offset: 'x',
  });
});
