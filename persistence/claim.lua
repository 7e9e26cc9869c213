-- Takes a room over under a new epoch.
-- ARGV: 1 room id, 2 a token that no other claim has.
-- Answers the epoch and the snapshot, nil if there is none.
local id, token = ARGV[1], ARGV[2]
local room = 'room:' .. id .. ':'
local fence = redis.call('HGET', 'rooms:fence', id)

-- The same claim again, because its answer was lost: the same answer.
local before = redis.call('GET', 'rooms:claim:' .. id) or ''
local given, by, how = string.match(before, '^(%d+) (%S+) (%S+)$')
if by == token then
	return {given, redis.call('GET', room .. 'snapshot')}
end

-- Not below Redis's clock, so that no epoch comes twice after Redis lost the
-- counter.
local now = redis.call('TIME')
local epoch = math.max(
	redis.call('INCR', 'rooms:epoch'),
	now[1] * 1000 + math.floor(now[2] / 1000),
	tonumber(string.match(fence or '', '^%d+') or 0) + 1)
epoch = string.format('%.0f', epoch)
redis.call('SET', 'rooms:epoch', epoch)
redis.call('HSET', 'rooms:fence', id, epoch .. '.0')
if fence or how == 'taken' then
	redis.call('SET', 'rooms:claim:' .. id, epoch .. ' ' .. token .. ' taken', 'EX', 86400)
else
	redis.call('SET', 'rooms:claim:' .. id, epoch .. ' ' .. token .. ' fresh', 'EX', 600)
end

-- Nobody is in a room that has just been taken over.
for _, user in ipairs(redis.call('SMEMBERS', room .. 'members')) do
	if redis.call('GET', 'user:' .. user .. ':room') == id then
		redis.call('DEL', 'user:' .. user .. ':room')
	end
end
local snapshot = redis.call('GET', room .. 'snapshot')
local stale = {room .. 'members'}
if snapshot then
	redis.call('SET', room .. 'participants', 0)
	for seat = 0, 99 do
		stale[#stale + 1] = room .. 'seat:' .. seat
	end
end
redis.call('DEL', unpack(stale))
return {epoch, snapshot}
