import { expect, test } from 'vitest';
import { foldAggregate } from '../../../server/features/aggregate.ts';
import { aggregateCodec } from '../../../server/features/aggregate-codec.ts';
import { type MetricName, metricNumber } from '../../../server/features/metrics.ts';
import { ROWS } from '../../../server/features/tiles.ts';

const NOW = 1_790_000_000_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const one = (name: MetricName, parts = 1) => ({ metric: metricNumber(name), parts });
const activity = (at: number, amounts: { metric: number; parts: number }[], device?: string) => ({
  ...{ tenant: 'default', user: 'u', group: 'g', at, signal: null, amounts },
  ...(device !== undefined && { device }),
});

test('the bytes are those that earlier versions stored', () => {
  const aggregate = aggregateCodec.create();
  const plays: [ago: number, device?: string][] = [
    [9 * DAY, 'web'],
    [8 * DAY, 'tv'],
    [3 * HOUR, 'web'],
    [60_000, 'web'],
    [70_000, 'car'],
    [0, 'web'],
    [400_000],
    [2 * DAY, 'web'],
  ];
  for (const [ago, device] of plays)
    foldAggregate(aggregate, activity(NOW - ago, [one('plays'), one('seconds', 90_500)], device));
  foldAggregate(aggregate, activity(NOW - 30_000, [one('likes')]));
  // Their last bit is the machine's.
  for (const tally of aggregate.tallies) tally?.decayed.fill(0);
  expect(Buffer.from(aggregateCodec.encode(aggregate)).toString('hex')).toBe(
    [
      '010980e0dcaf893480f8e4f2025100080000000000000000000000000000000000000000000000000000000000000000040d',
      '01150100010301021e010203021601020403150106010004b0ea010100000000000000000000000000000000000000000000',
      '00000000000000000000012801012101011901011d0100a0982c000000000000000000000000000000000000000000000000',
      '00000000000000008090010107030377656205027476010363617201',
    ].join(''),
  );
});

test('no count is too large to be read again', () => {
  const aggregate = aggregateCodec.create();
  foldAggregate(aggregate, activity(NOW, [one('plays', 2 ** 32)]));
  aggregate.hours!.fill(2 ** 32);
  aggregate.devices.set('web', 2 ** 32);
  const again = aggregateCodec.decode(aggregateCodec.encode(aggregate));
  expect(again).toEqual(aggregate);
  expect(again.tallies[metricNumber('plays')]!.tiles!.slice(ROWS.length).filter((_, i) => i % 2 === 1)).toEqual(
    ROWS.map(() => 2 ** 32),
  );
});
