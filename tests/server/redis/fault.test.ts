import { expect, test } from 'vitest';
import { faultOf, isAuthFault, isNoScript, type RedisFault } from '../../../server/redis/fault.ts';

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}
function connecting(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:1`), { code, syscall: 'connect' });
}

test.each<[RedisFault, Error]>([
  ['unavailable', reply('LOADING Redis is loading the dataset in memory')],
  ['unavailable', reply('BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.')],
  ['unavailable', reply("READONLY You can't write against a read only replica.")],
  ['unavailable', reply("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")],
  ['unavailable', reply('CLUSTERDOWN The cluster is down')],
  ['unavailable', reply('TRYAGAIN Multiple keys request during rehashing of slot')],
  ['unavailable', reply('NOREPLICAS Not enough good replicas to write.')],
  ['unavailable', reply('MOVED 13907 127.0.0.1:7000')],
  ['unavailable', new Error('Too many Cluster redirections. Last error: ReplyError: TRYAGAIN Multiple keys request')],
  ['unavailable', reply('ERR Script attempted to access a non local key in a cluster node script: abc')],
  ['unavailable', reply('ERR max number of clients reached')],
  ['unavailable', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
  ['unavailable', new Error("Cluster isn't ready and enableOfflineQueue options is false")],
  ['unavailable', new Error('None of startup nodes is available')],
  ['unavailable', connecting('ECONNREFUSED')],
  ['unavailable', Object.assign(new Error('getaddrinfo ENOTFOUND nowhere'), { code: 'ENOTFOUND' })],
  ['no_space', reply("OOM command not allowed when used memory > 'maxmemory'.")],
  ['no_space', reply('MISCONF Redis is configured to save RDB snapshots')],
  ['misconfigured', reply('WRONGTYPE Operation against a key holding the wrong kind of value script: abc')],
  ['misconfigured', reply('WRONGPASS invalid username-password pair or user is disabled.')],
  ['misconfigured', reply('NOAUTH Authentication required.')],
  ['misconfigured', reply("NOPERM this user has no permissions to run the 'evalsha' command")],
  ['misconfigured', reply('GAPLESS the log has 8 partitions')],
  ['misconfigured', reply('ERR unknown command')],
  ['in_doubt', new Error('Command timed out')],
  ['in_doubt', new Error('Connection is closed.')],
  ['in_doubt', new Error('Command aborted due to connection close')],
  [
    'in_doubt',
    new Error(
      'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.',
    ),
  ],
  ['in_doubt', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })],
  ['in_doubt', new Error('something new')],
])('%s: %s', (fault, error) => {
  expect(faultOf(error)).toBe(fault);
});

test('what is no Error at all is in doubt', () => {
  expect(faultOf('text')).toBe('in_doubt');
  expect(faultOf(undefined)).toBe('in_doubt');
});

test('credentials and unknown scripts are told apart', () => {
  expect(isAuthFault(reply('WRONGPASS invalid username-password pair'))).toBe(true);
  expect(isAuthFault(reply('LOADING'))).toBe(false);
  expect(isNoScript(reply('NOSCRIPT No matching script.'))).toBe(true);
  expect(isNoScript(reply('ERR'))).toBe(false);
});
