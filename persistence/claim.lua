-- Takes a room over under a new epoch. A living server that has it is told.
-- ARGV: 1 room id, 2 a token that no other claim has: server id-number.
-- Answers the epoch, the snapshot, nil if there is none, and who is blocked:
-- user, until, user, until …
local id, token = ARGV[1], ARGV[2]
local blocked = redis.call('HGETALL', 'rooms:blocked:' .. id)
local room = 'room:' .. id .. ':'
local snapshot = redis.call('GET', room .. 'snapshot')

-- The same claim again, because its answer was lost: the same answer.
local before = redis.call('GET', 'rooms:claim:' .. id) or ''
local given, by, how = string.match(before, '^(%d+) (%S+) (%S+)$')
if by == token then
	return {given, snapshot, blocked}
end

-- Nobody is in a room that has just been taken over.
for _, user in ipairs(redis.call('SMEMBERS', room .. 'members')) do
	if redis.call('GET', 'user:' .. user .. ':room') == id then
		redis.call('DEL', 'user:' .. user .. ':room')
	end
end
local stale = {room .. 'members'}
if snapshot then
	redis.call('SET', room .. 'participants', 0)
	for seat = 0, 99 do
		stale[#stale + 1] = room .. 'seat:' .. seat
	end
end
redis.call('DEL', unpack(stale))

-- The epoch is not below Redis's clock (in µs, exact in a double until 2255), so
-- that none comes twice after Redis lost the counter.
local fence = redis.call('GET', 'rooms:fence:' .. id)
local now = redis.call('TIME')
local epoch = math.max(
	redis.call('INCR', 'rooms:epoch'),
	now[1] * 1000000 + now[2],
	tonumber(string.match(fence or '', '^%d+') or 0) + 1)
epoch = string.format('%.0f', epoch)
redis.call('SET', 'rooms:epoch', epoch)
redis.call('SET', 'rooms:fence:' .. id, epoch .. '.0')

local server = string.match(token, '^[^-]+')
local owner = redis.call('HGET', 'rooms:owner', id)
if owner and owner ~= server then
	redis.call('PUBLISH', 'rooms:server:' .. owner, epoch .. ' ' .. id)
end
redis.call('HSET', 'rooms:owner', id, server)

-- Last, because it makes a repeat answer without doing anything. Of a room that
-- was taken over from somebody it outlives the close, to refuse them.
if fence or how == 'taken' then
	redis.call('SET', 'rooms:claim:' .. id, epoch .. ' ' .. token .. ' taken', 'EX', 86400)
else
	redis.call('SET', 'rooms:claim:' .. id, epoch .. ' ' .. token .. ' fresh', 'EX', 600)
end
return {epoch, snapshot, blocked}
