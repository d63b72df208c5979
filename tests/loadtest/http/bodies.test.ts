import { describe, expect, it } from 'vitest';
import { planEvents } from '../../../loadtest/generator/events.ts';
import { spoil, spoiltOnes } from '../../../loadtest/http/bad-events.ts';
import { Bodies } from '../../../loadtest/http/bodies.ts';
import { BODY_FORMATS } from '../../../loadtest/http/plan.ts';
import { validateEvent } from '../../../protocol/events.ts';
import { parseJsonBatch } from '../../../server/gateway/batch/json.ts';
import { parseMsgpackBatch } from '../../../server/gateway/batch/msgpack.ts';
import { parseNdjsonBatch } from '../../../server/gateway/batch/ndjson.ts';
import { splitEvents } from '../../../workers/split.ts';

const PLAN = { seed: 3, perConnection: 7, startMs: 1_790_000_000_000 };
const events = planEvents(PLAN)(0);

describe('bodies', () => {
  it.each(BODY_FORMATS)('%s: hold the numbered events, also past the last distinct one', (format) => {
    const { path, bytes } = new Bodies(format, 'gapless', 'p-1', events).make(6, 17);
    const query = path.split('?')[1] ?? '';
    const batch = {
      ndjson: () => parseNdjsonBatch(bytes, query),
      json: () => parseJsonBatch(bytes),
      msgpack: () => parseMsgpackBatch(bytes),
    }[format]();
    expect(batch).toMatchObject({ producer: 'p-1', first: 6, events: { count: 17 } });
    const slices = splitEvents(batch.events.format, batch.events.bytes, 17);
    expect(slices).toHaveLength(17);
    if (format === 'msgpack') return;
    const text = (i: number) => Buffer.from(batch.events.bytes.subarray(slices[i]!.start, slices[i]!.end)).toString();
    expect(slices.map((_, i) => JSON.parse(text(i)))).toEqual(slices.map((_, i) => events[(5 + i) % 7]));
  });

  it('for peers are lines or a list', () => {
    const lines = new Bodies('ndjson', 'plain', '', events).make(1, 2);
    expect(lines.path).toBe('/v1/events');
    expect(lines.bytes.toString().split('\n')).toHaveLength(2);
    expect(JSON.parse(new Bodies('json', 'plain', '', events).make(1, 3).bytes.toString())).toEqual(events.slice(0, 3));
    expect(() => new Bodies('msgpack', 'plain', '', events)).toThrow(RangeError);
  });
});

describe('bad events', () => {
  it('are refused with the code that was foreseen', () => {
    for (let way = 1; way <= 5; way++) {
      const { event, code } = spoil(events[0]!, way);
      expect(validateEvent(event)).toMatchObject({ ok: false, code });
    }
  });

  it('are as many as asked for, and the same ones each time', () => {
    const plan = { ...PLAN, perConnection: 2_000, badShare: 0.1 };
    const ways = spoiltOnes(plan, 4);
    expect(ways).toEqual(spoiltOnes(plan, 4));
    expect(ways.filter((way) => way > 0).length / 2_000).toBeCloseTo(0.1, 1);
    expect(Math.max(...spoiltOnes(PLAN, 4))).toBe(0);
  });
});
