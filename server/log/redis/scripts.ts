/** The other atomic steps of a log in Redis, each within one partition. All but the append may run while Redis is out of memory. */
import { script } from '../../redis/script.ts';

/**
 * What opening and every minute ask for: notes the number of partitions or refuses another one, gives the log an identity, lets the producers change generations
 * when it is time, and lets ids go whose time is over. Keys: meta, new and old producers, the three sets of ids.
 * Arguments: partitions, time (ms; empty: Redis's own), how long producers and ids are remembered (ms), an identity if there is none. Answers the bytes in use.
 */
export const UPKEEP = script(`#!lua flags=allow-oom
local meta, new, old = KEYS[1], KEYS[2], KEYS[3]
local remember, dedup = tonumber(ARGV[3]), tonumber(ARGV[4])
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local m = redis.call('HMGET', meta, 'partitions', 'rotated', 'bytes', 'deadBytes', 'ids1', 'ids2', 'ids3')
if m[1] and m[1] ~= ARGV[1] then
  return redis.error_reply('GAPLESS the log has ' .. m[1] .. ' partitions')
end
if not m[1] or not m[2] then
  redis.call('HSET', meta, 'partitions', ARGV[1], 'rotated', string.format('%.0f', now))
elseif now - tonumber(m[2]) >= remember then
  redis.call('UNLINK', old)
  if redis.call('EXISTS', new) == 1 then redis.call('RENAME', new, old) end
  redis.call('HSET', meta, 'rotated', string.format('%.0f', now))
end
redis.call('HSETNX', meta, 'identity', ARGV[5])
for i = 1, 3 do
  local ends = m[4 + i]
  if ends and tonumber(ends) + dedup <= now then
    redis.call('UNLINK', KEYS[3 + i])
    redis.call('HDEL', meta, 'ids' .. i)
  end
end
return (tonumber(m[3] or 0)) + (tonumber(m[4] or 0))
`);

/**
 * What is remembered of producers. Keys: meta, new and old producers. Arguments: '1' if WAIT follows, then producer keys.
 * Not marked as free of writes, so that a master that was made a replica refuses instead of telling what may be outdated.
 */
export const LOOK_UP = script(`#!lua flags=allow-oom
local found, missing = {}, {}
for i = 2, #ARGV do missing[i - 1] = i end
for k = 2, 3 do
  local still = {}
  for from = 1, #missing, 2000 do
    local names = {}
    for i = from, math.min(from + 1999, #missing) do names[#names + 1] = ARGV[missing[i]] end
    local values = redis.call('HMGET', KEYS[k], unpack(names))
    for i = 1, #values do
      local at = missing[from + i - 1]
      if values[i] then found[at - 1] = values[i] else found[at - 1], still[#still + 1] = false, at end
    end
  end
  missing = still
end
if ARGV[1] ~= '' then redis.call('HSET', KEYS[1], 'touched', 1) end
return found
`);

/** Bounds and sizes. Keys: meta, new and old producers. Answers first, last, bytes; the same of the dead letters; producers; identity. */
export const STATE = script(`#!lua flags=no-writes
local m = redis.call('HMGET', KEYS[1], 'first', 'last', 'bytes', 'firstDead', 'lastDead', 'deadBytes')
local defaults = { 1, 0, 0, 1, 0, 0 }
for i = 1, 6 do m[i] = tonumber(m[i] or defaults[i]) end
m[7] = redis.call('HLEN', KEYS[2]) + redis.call('HLEN', KEYS[3])
m[8] = redis.call('HGET', KEYS[1], 'identity') or ''
return m
`);

/**
 * One step of trimming, from the oldest entry on. Keys: stream, meta. Arguments: names of the fields for the first position and the bytes;
 * the position from which everything stays; the time (ms) from which entries stay; the bytes after which it is enough; the most entries
 * to look at. An entry without a readable header counts as old as the one after it, the last one as made in the farthest future.
 * Answers entries, events and bytes that went, when the next entry that might go was made (-1: there is none), entries looked at.
 */
export const TRIM = script(`#!lua flags=allow-oom
local stream, meta, firstField, bytesField = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local keepFrom, before, enough = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', ARGV[6])
local created, following = {}, 9007199254740991
for i = #entries, 1, -1 do
  local bytes = entries[i][2][2] or ''
  if #bytes >= 20 and string.sub(bytes, 1, 2) == 'GL' then following = struct.unpack('>d', bytes, 5) end
  created[i] = following
end
local gone, freed, upTo, nextCreated = 0, 0, nil, -1
for i, entry in ipairs(entries) do
  local position = tonumber(string.match(entry[1], '^%d+'))
  if position >= keepFrom then break end
  if created[i] >= before or freed >= enough then
    nextCreated = created[i]
    break
  end
  gone, freed, upTo = gone + 1, freed + #(entry[2][2] or ''), position
end
local events = 0
if upTo then
  local m = redis.call('HMGET', meta, firstField, bytesField)
  events = upTo - tonumber(m[1] or 1) + 1
  local after = string.format('%.0f', upTo + 1)
  redis.call('XTRIM', stream, 'MINID', after .. '-0')
  redis.call('HSET', meta, firstField, after, bytesField, string.format('%.0f', math.max(0, tonumber(m[2] or 0) - freed)))
end
return { gone, events, freed, nextCreated, #entries }
`);
