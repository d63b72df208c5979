/**
 * The atomic steps of groups in Redis. Time is Redis's own. They go on while Redis is out of memory: what they write is small, and what
 * groups have done is what retention waits for.
 */
import { type Script, script } from '../../redis/script.ts';

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
const WHOLE = `
local function whole(number) return string.format('%.0f', number) end
`;
/** Returns 0 where the lease is lost. Argument 1 and 2: owner and fence. */
const HELD = `
local record = redis.call('HMGET', KEYS[1], 'owner', 'fence', 'position')
if record[1] ~= ARGV[1] or record[2] ~= ARGV[2] then return 0 end
`;

function step(...parts: string[]): Script {
  return script(`#!lua flags=allow-oom\n${parts.join('')}`);
}

/** Key: groups. Argument: a name. */
export const REGISTER = step(`return redis.call('SADD', KEYS[1], ARGV[1])`);
/** Key: groups. Argument: a name. */
export const UNREGISTER = step(`return redis.call('SREM', KEYS[1], ARGV[1])`);
/** Key: groups. */
export const GROUPS = step(`return redis.call('SMEMBERS', KEYS[1])`);

/** Key: members. Arguments: member, ms to live. Answers all that live. */
export const JOIN = step(
  NOW,
  WHOLE,
  `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now))
redis.call('ZADD', KEYS[1], whole(now + ARGV[2]), ARGV[1])
return redis.call('ZRANGE', KEYS[1], 0, -1)
`,
);

/** Key: members. Argument: member. */
export const LEAVE = step(`return redis.call('ZREM', KEYS[1], ARGV[1])`);

/** Key: members. */
export const FORGET_MEMBERS = step(`return redis.call('UNLINK', KEYS[1])`);

/** Key: partition. Arguments: member, ms to live. Answers fence and 1 where the owner changed; nothing where another has it. */
export const ACQUIRE = step(
  NOW,
  WHOLE,
  `
local record = redis.call('HMGET', KEYS[1], 'owner', 'fence', 'renewed', 'ttl')
local owner, fence = record[1] or '', tonumber(record[2] or 0)
local changes = 0
if owner ~= ARGV[1] then
  if owner ~= '' and math.abs(now - tonumber(record[3])) < tonumber(record[4]) then return false end
  fence, changes = math.max(fence + 1, now), 1
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fence', whole(fence), 'renewed', whole(now), 'ttl', ARGV[2])
return { whole(fence), changes }
`,
);

/** Key: partition. Arguments: owner, fence, ms to live. Answers 1, or 0 where the lease is lost. */
export const RENEW = step(
  NOW,
  WHOLE,
  HELD,
  `
redis.call('HSET', KEYS[1], 'renewed', whole(now), 'ttl', ARGV[3])
return 1
`,
);

/** Key: partition. Arguments: owner, fence. */
export const RELEASE = step(
  HELD,
  `
redis.call('HSET', KEYS[1], 'owner', '')
return 1
`,
);

/** Key: partition. Arguments: owner, fence, the expected position, the next one. Answers 1, or 0 where nothing was written. */
export const COMMIT = step(
  NOW,
  WHOLE,
  HELD,
  `
if (record[3] or '0') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'position', ARGV[4], 'at', whole(now))
return 1
`,
);

/** Key: partition. Answers fence, position, at. */
export const PROGRESS = script(`#!lua flags=no-writes
return redis.call('HMGET', KEYS[1], 'fence', 'position', 'at')
`);

/**
 * Lets \`XINFO GROUPS\` show how far the group is. Keys: partition, events, meta (of the log). Argument: the group's name.
 *
 * Redis counts entries, and one holds many events. Its lag is 0 where the group has everything; otherwise it is reckoned from how many
 * events an entry has on average, and goes up by one with each entry that is added.
 */
export const SHOW = step(
  WHOLE,
  `
local position = redis.call('HGET', KEYS[1], 'position')
if not position or redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
local info = redis.call('XINFO', 'STREAM', KEYS[2])
local stream = {}
for i = 1, #info, 2 do stream[info[i]] = info[i + 1] end
local last = tonumber(string.match(stream['last-generated-id'], '^%d+'))
local behind, unread = last - tonumber(position), 0
if behind > 0 then
  local first = tonumber(redis.call('HGET', KEYS[3], 'first') or 1)
  unread = math.ceil(behind * stream['length'] / math.max(1, last - first + 1))
end
local read = math.max(0, stream['entries-added'] - unread)
local id = position .. '-0'
local set = redis.pcall('XGROUP', 'SETID', KEYS[2], ARGV[1], id, 'ENTRIESREAD', whole(read))
if set.err then redis.call('XGROUP', 'CREATE', KEYS[2], ARGV[1], id, 'ENTRIESREAD', whole(read)) end
return 1
`,
);

/** Keys: partition, events, meta (of the log). Argument: the group's name. */
export const FORGET = step(`
if redis.call('EXISTS', KEYS[2]) == 1 then redis.pcall('XGROUP', 'DESTROY', KEYS[2], ARGV[1]) end
return redis.call('UNLINK', KEYS[1])
`);
