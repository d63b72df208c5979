/** The atomic steps of features in Redis, each within one scope. Those that only read go on while Redis is out of memory. */
import { script } from '../../redis/script.ts';

/**
 * Saves a commit. Keys: applied, then the groups that change. Arguments: the positions that are expected, those of a new scope, the next
 * ones, how often something was erased in the scope as far as the saver knows (empty: it does not); then for each group: how many records to write and to take away, the fields and bytes of the former, the fields of the latter.
 * Answers 1, or 0 for a conflict. A script is not rolled back: everything that can fail comes before the first write.
 */
export const SAVE = script(`#!lua
local positions, erased = redis.call('GET', KEYS[1]) or ARGV[2], ''
local mark = string.find(positions, ';', 1, true)
if mark then positions, erased = string.sub(positions, 1, mark - 1), string.sub(positions, mark) end
if positions ~= ARGV[1] then return 0 end
if ARGV[4] ~= '' and ARGV[4] ~= (erased == '' and ';0' or erased) then return 0 end
for k = 2, #KEYS do
  local kind = redis.call('TYPE', KEYS[k]).ok
  if kind ~= 'none' and kind ~= 'hash' then
    return redis.error_reply('WRONGTYPE ' .. KEYS[k] .. ' is a ' .. kind .. ', not a hash')
  end
end
local at = 5
for k = 2, #KEYS do
  local writes, removes = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  at = at + 2
  local stop = at + 2 * writes
  while at < stop do
    local to = math.min(at + 200, stop)
    redis.call('HSET', KEYS[k], unpack(ARGV, at, to - 1))
    at = to
  end
  stop = at + removes
  while at < stop do
    local to = math.min(at + 200, stop)
    redis.call('HDEL', KEYS[k], unpack(ARGV, at, to - 1))
    at = to
  end
end
redis.call('SET', KEYS[1], ARGV[3] .. erased)
return 1
`);

/** Key: applied. Answers the positions, with how often something was erased, nothing for a new scope. */
export const APPLIED = script(`#!lua flags=no-writes
return redis.call('GET', KEYS[1])
`);

/**
 * Keys: groups. Arguments for each group: how many fields, then the fields. Answers their bytes one after another, nothing where there is
 * no such record.
 */
export const LOAD = script(`#!lua flags=no-writes
local found, count, at = {}, 0, 1
for k = 1, #KEYS do
  local stop = at + 1 + tonumber(ARGV[at])
  at = at + 1
  while at < stop do
    local to = math.min(at + 500, stop)
    local values = redis.call('HMGET', KEYS[k], unpack(ARGV, at, to - 1))
    for i = 1, to - at do found[count + i] = values[i] end
    count, at = count + to - at, to
  end
end
return found
`);

/** Key: a group. Answers fields and bytes in turn. */
export const LOAD_GROUP = script(`#!lua flags=no-writes
return redis.call('HGETALL', KEYS[1])
`);

/** Keys: a group, applied. Answers how many records went. */
export const ERASE = script(`#!lua flags=allow-oom
local records = redis.call('HLEN', KEYS[1])
if records == 0 then return 0 end
redis.call('UNLINK', KEYS[1])
local applied = redis.call('GET', KEYS[2])
if applied then
  local positions, times = string.match(applied, '^([^;]*);?(%d*)$')
  redis.call('SET', KEYS[2], positions .. ';' .. string.format('%d', (tonumber(times) or 0) + 1))
end
return records
`);
