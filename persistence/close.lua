-- Removes a room that guard.lua let close.
-- ARGV: 6 status or '', 7 why the room is put aside or ''.
if ARGV[7] ~= '' then
	local now = redis.call('TIME')
	local quarantine = room .. 'quarantine'
	redis.call('DEL', quarantine)
	redis.call('HSET', quarantine, 'reason', ARGV[7], 'at', now[1] * 1000 + math.floor(now[2] / 1000),
		'snapshot', redis.call('GET', room .. 'snapshot') or '')
	redis.call('EXPIRE', quarantine, 30 * 86400)
end
for _, user in ipairs(redis.call('SMEMBERS', room .. 'members')) do
	if redis.call('GET', 'user:' .. user .. ':room') == id then
		redis.call('DEL', 'user:' .. user .. ':room')
	end
end
local keys = {
	room .. 'snapshot', room .. 'locked_seats', room .. 'participants',
	room .. 'activity', room .. 'members',
}
for seat = 0, 99 do
	keys[#keys + 1] = room .. 'seat:' .. seat
end
redis.call('DEL', unpack(keys))
redis.call('ZREM', 'rooms:active', id)
redis.call('HDEL', 'rooms:owner', id)
-- Keep the claim only if an older claimer may still be about, to refuse it.
if string.find(redis.call('GET', 'rooms:claim:' .. id) or '', ' fresh', 1, true) then
	redis.call('DEL', 'rooms:claim:' .. id)
end
if ARGV[6] ~= '' then
	redis.call('HSET', 'laravel:outbox', id, ARGV[6])
end
redis.call('DEL', 'rooms:fence:' .. id) -- last, as in write.lua
return 1
