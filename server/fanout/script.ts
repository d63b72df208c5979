/**
 * The atomic step of the fanout: the entries of one type from one batch of one partition, and how far that is.
 *
 * Keys: the stream `<prefix>:out:<type>` and the hash `{<prefix>:out:<type>}:positions`, which lies in the same slot. Arguments: the hash's
 * field, the stream's length at most, partition and type, then for each event position, user_id, time, json, in rising order. Events up to
 * the position that the hash has are there already. Answers how many were written.
 *
 * Both keys are looked at before anything is written, and the position is written last: Redis keeps what a script did before it failed.
 */
import { script } from '../redis/script.ts';

export const WRITE = script(`#!lua
local field, most, partition, kind = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local done = tonumber(redis.call('HGET', KEYS[2], field) or '0')
local written, last = 0, nil
for i = 5, #ARGV, 4 do
  if tonumber(ARGV[i]) > done then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', most, '*', 'partition', partition, 'position', ARGV[i], 'type', kind,
      'user_id', ARGV[i + 1], 'time', ARGV[i + 2], 'json', ARGV[i + 3])
    written, last = written + 1, ARGV[i]
  end
end
if last then redis.call('HSET', KEYS[2], field, last) end
return written
`);

/** Key: the hash. Arguments: field, position. Never goes back. */
export const MOVE = script(`#!lua
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
return 1
`);

/** Key: the hash. Argument: field. */
export const POSITION = script(`#!lua flags=no-writes
return redis.call('HGET', KEYS[1], ARGV[1])
`);
