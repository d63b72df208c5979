import { expect, test } from 'vitest';
import { parseRedisUrl, RedisUrlError } from '../../../server/redis/url.ts';

test.each([
  ['redis://localhost', { kind: 'standalone', nodes: [{ host: 'localhost', port: 6379 }], db: 0, tls: false }],
  ['rediss://cache.example.com:6380/3', { nodes: [{ host: 'cache.example.com', port: 6380 }], db: 3, tls: true }],
  ['redis://app:p%40ss%3Aword@h', { user: 'app', password: 'p@ss:word' }],
  ['redis://:secret@h', { user: undefined, password: 'secret' }],
  ['redis://secret@h', { user: undefined, password: 'secret' }],
  ['redis://[::1]:7000', { nodes: [{ host: '::1', port: 7000 }] }],
  [
    'redis+sentinel://app:secret@a,b:27000/shop/2?sentinelUser=s&sentinelPassword=t%26u',
    {
      kind: 'sentinel',
      nodes: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 27000 },
      ],
      master: 'shop',
      db: 2,
      user: 'app',
      password: 'secret',
      sentinelUser: 's',
      sentinelPassword: 't&u',
    },
  ],
  [
    'rediss+cluster://app:secret@a,b:7001,[::1]:7002',
    {
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 6379 },
        { host: 'b', port: 7001 },
        { host: '::1', port: 7002 },
      ],
      user: 'app',
      tls: true,
    },
  ],
])('%s', (url, target) => {
  expect(parseRedisUrl(url)).toMatchObject(target);
});

test.each([
  'localhost:6379',
  'http://localhost',
  'redis://',
  'redis://a,b',
  'redis://a:0',
  'redis://a:66000',
  'redis://a/one',
  'redis://a/1/2',
  'redis://a?db=1',
  'redis://u:%zz@a',
  'redis+sentinel://a',
  'redis+cluster://a/1',
  'redis+other://a',
])('%s is refused, and what was written is not quoted', (url) => {
  expect(() => parseRedisUrl(url)).toThrow(RedisUrlError);
  const withSecret = url.replace('://', '://user:hunter2@');
  try {
    parseRedisUrl(withSecret);
  } catch (error) {
    expect((error as Error).message).not.toContain('hunter2');
  }
});
