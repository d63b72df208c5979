/**
 * The atomic step of an append. It judges every unit first and then writes everything, because Lua does not roll back: what could
 * fail (a key of another type, a stream that is ahead of `meta`, no memory) fails before the first write or at it.
 *
 * Numbers go up to 2^53-1, which Lua's doubles hold exactly; they are written with `%.0f`.
 *
 * Answers `{1, last, lastDead, bytes of both streams}` or `{0, {{unit, reason, watermark, record or nil, {repeated...}}, ...}}`.
 * The watermark comes as text: ioredis reads integers right below 2^53 one off.
 */
import { script } from '../../redis/script.ts';
import { ENTRY_FIELD } from './keys.ts';

/** Arguments before the first unit, and arguments of a unit. */
export const APPEND_HEAD = 9;
export const APPEND_UNIT = 6;
export const REASONS = ['overlap', 'out_of_sequence', 'repeated_id'] as const;
/** Bytes of an id in a set. */
export const ID_BYTES = 12;

export const APPEND = script(`#!lua
local events, dead, meta, new, old = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local entry, entryCount, deadEntry, deadCount = ARGV[5], tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local units = tonumber(ARGV[9])
local OVERLAP, OUT_OF_SEQUENCE, REPEATED_ID = 0, 1, 2
-- Arguments of one call: unpack has a limit.
local CHUNK = 2000

local function number(text) return text and tonumber(text) or 0 end
local function whole(value) return string.format('%.0f', value) end
local function chunks(list, visit)
  for from = 1, #list, CHUNK do
    visit(from, unpack(list, from, math.min(from + CHUNK - 1, #list)))
  end
end
local function unit(u)
  local at = ${APPEND_HEAD} + (u - 1) * ${APPEND_UNIT}
  return ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), ARGV[at + 5], ARGV[at + 6]
end

local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local dedup = tonumber(ARGV[3])

local m = redis.call('HMGET', meta, 'partitions', 'last', 'lastDead', 'bytes', 'deadBytes', 'ids1', 'ids2', 'ids3')
if m[1] and m[1] ~= ARGV[1] then
  return redis.error_reply('GAPLESS the log has ' .. m[1] .. ' partitions')
end
local last, lastDead = number(m[2]), number(m[3])

if entry ~= '' and #redis.call('XRANGE', events, '(' .. whole(last) .. '-0', '+', 'COUNT', 1) > 0 then
  return redis.error_reply('GAPLESS ' .. events .. ' is ahead of ' .. meta .. ': keys of this partition were removed')
end
if deadEntry ~= '' and redis.call('EXISTS', dead) == 1 then
  local info = redis.call('XINFO', 'STREAM', dead)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' and tonumber(string.match(info[i + 1], '^%d+')) > lastDead then
      return redis.error_reply('GAPLESS ' .. dead .. ' is ahead of ' .. meta .. ': keys of this partition were removed')
    end
  end
end

-- What is known of the producers: producer -> '<watermark>:<record>', and which of them are only in the old generation.
local stored, aged, names, listed = {}, {}, {}, {}
for u = 1, units do
  local producer = unit(u)
  if not listed[producer] then
    listed[producer] = true
    names[#names + 1] = producer
  end
end
local function look(key, list, missing)
  chunks(list, function(from, ...)
    local values = redis.call('HMGET', key, ...)
    for i = 1, #values do
      local name = list[from + i - 1]
      if values[i] then stored[name] = values[i] else missing(name) end
    end
  end)
end
local maybeAged = {}
look(new, names, function(name) maybeAged[#maybeAged + 1] = name end)
local unknown = {}
look(old, maybeAged, function(name) unknown[name] = true end)
for _, name in ipairs(maybeAged) do
  if not unknown[name] then aged[#aged + 1] = name end
end
local function watermark(producer)
  local value = stored[producer]
  return value and tonumber(string.sub(value, 1, string.find(value, ':', 1, true) - 1)) or 0
end

-- Which ids are claimed: id -> true or false.
local claimed, members = {}, {}
local ends = { number(m[6]), number(m[7]), number(m[8]) }
if dedup > 0 then
  for u = 1, units do
    local _, _, _, _, _, ids = unit(u)
    for at = 1, #ids, ${ID_BYTES} do
      local id = string.sub(ids, at, at + ${ID_BYTES - 1})
      if claimed[id] == nil then
        claimed[id] = false
        members[#members + 1] = id
      end
    end
  end
  for i = 1, 3 do
    if #members > 0 and ends[i] + dedup > now then
      chunks(members, function(from, ...)
        local flags = redis.call('SMISMEMBER', KEYS[5 + i], ...)
        for f = 1, #flags do
          if flags[f] == 1 then claimed[members[from + f - 1]] = true end
        end
      end)
    end
  end
end

-- The verdicts. A unit is judged as if the earlier ones had been cut as their conflicts ask.
local conflicts, seen, final = {}, {}, {}
for u = 1, units do
  local producer, prev, first, lastSeq, _, ids = unit(u)
  local reached = seen[producer] or watermark(producer)
  local reason, repeated = nil, {}
  if reached < prev then
    reason = OUT_OF_SEQUENCE
  else
    seen[producer] = math.max(reached, lastSeq)
    if reached >= first then
      reason = OVERLAP
    elseif dedup > 0 then
      local own = {}
      for at = 1, #ids, ${ID_BYTES} do
        local id = string.sub(ids, at, at + ${ID_BYTES - 1})
        if claimed[id] or own[id] then repeated[#repeated + 1] = (at - 1) / ${ID_BYTES} end
        own[id] = true
      end
      if #repeated > 0 then
        reason = REPEATED_ID
      else
        for id in pairs(own) do claimed[id] = true end
      end
    end
  end
  if reason then
    local value = stored[producer]
    local record = value and string.sub(value, string.find(value, ':', 1, true) + 1)
    conflicts[#conflicts + 1] = { u - 1, reason, whole(watermark(producer)), record or false, repeated }
  end
  final[producer] = u
end
if #conflicts > 0 then
  -- WAIT speaks of what this connection wrote: an answer that others' writes stand must wait for them too.
  if ARGV[4] ~= '' then redis.call('HSET', meta, 'touched', 1) end
  return { 0, conflicts }
end

-- From here on everything is written.
if entry ~= '' then
  last = last + entryCount
  redis.call('XADD', events, whole(last) .. '-0', '${ENTRY_FIELD}', entry)
end
if deadEntry ~= '' then
  lastDead = lastDead + deadCount
  redis.call('XADD', dead, whole(lastDead) .. '-0', '${ENTRY_FIELD}', deadEntry)
end
local fields = {}
for _, producer in ipairs(names) do
  local _, _, _, lastSeq, record = unit(final[producer])
  fields[#fields + 1] = producer
  fields[#fields + 1] = whole(lastSeq) .. ':' .. record
end
chunks(fields, function(_, ...) redis.call('HSET', new, ...) end)
chunks(aged, function(_, ...) redis.call('HDEL', old, ...) end)

local bytes, deadBytes = number(m[4]) + #entry, number(m[5]) + #deadEntry
local changes = {
  'partitions', ARGV[1], 'last', whole(last), 'lastDead', whole(lastDead), 'bytes', whole(bytes), 'deadBytes', whole(deadBytes),
}
if #members > 0 then
  -- The set that takes ids now; or else the oldest one begins anew, if it may; or else (the window was made longer) the newest goes on.
  local newest, oldest = 1, 1
  for i = 2, 3 do
    if ends[i] > ends[newest] then newest = i end
    if ends[i] < ends[oldest] then oldest = i end
  end
  local set, begins = newest, ends[newest] <= now
  if begins then
    if ends[oldest] + dedup <= now then
      set = oldest
      redis.call('UNLINK', KEYS[5 + set])
    end
    ends[set] = now + math.ceil(dedup / 2)
    changes[#changes + 1] = 'ids' .. set
    changes[#changes + 1] = whole(ends[set])
  end
  chunks(members, function(_, ...) redis.call('SADD', KEYS[5 + set], ...) end)
  -- Upkeep removes it earlier and in the background; this is for partitions that nobody cares for any more.
  if begins then redis.call('PEXPIRE', KEYS[5 + set], whole(ends[set] - now + dedup + 600000)) end
end
redis.call('HSET', meta, unpack(changes))
return { 1, last, lastDead, bytes + deadBytes }
`);
