-- Writes a commit that guard.lua let through.
-- ARGV: 6 snapshot, 7 activity, 8 its expiry in ms, 9 participants, 10 status
-- or '', then five lists, each preceded by its length: seats (index and value
-- each; '' frees the seat), locked, unlocked, users who came, users who left.
-- The fence goes last: a script that fails half-way (a key of another type, no
-- memory) is not undone, and has to count as not carried out.
redis.call('MSET', room .. 'snapshot', ARGV[6], room .. 'participants', ARGV[9])
redis.call('SET', room .. 'activity', ARGV[7], 'PX', ARGV[8])
redis.call('ZADD', 'rooms:active', ARGV[7], id)
if ARGV[10] ~= '' then
	redis.call('HSET', 'laravel:outbox', id, ARGV[10])
end

if ARGV[5] ~= '' then
	redis.call('HSET', 'rooms:owner', id, ARGV[5])
	for _, user in ipairs(redis.call('SMEMBERS', room .. 'members')) do
		if redis.call('GET', 'user:' .. user .. ':room') == id then
			redis.call('DEL', 'user:' .. user .. ':room')
		end
	end
	local stale = {room .. 'members', room .. 'locked_seats'}
	for seat = 0, 99 do
		stale[#stale + 1] = room .. 'seat:' .. seat
	end
	redis.call('DEL', unpack(stale))
end

local at = 11
local n = tonumber(ARGV[at])
for i = at + 1, at + 2 * n, 2 do
	if ARGV[i + 1] == '' then
		redis.call('DEL', room .. 'seat:' .. ARGV[i])
	else
		redis.call('SET', room .. 'seat:' .. ARGV[i], ARGV[i + 1])
	end
end
at = at + 2 * n + 1

n = tonumber(ARGV[at])
if n > 0 then
	redis.call('SADD', room .. 'locked_seats', unpack(ARGV, at + 1, at + n))
end
at = at + n + 1

n = tonumber(ARGV[at])
if n > 0 then
	redis.call('SREM', room .. 'locked_seats', unpack(ARGV, at + 1, at + n))
end
at = at + n + 1

n = tonumber(ARGV[at])
for i = at + 1, at + n do
	redis.call('SET', 'user:' .. ARGV[i] .. ':room', id, 'EX', 86400)
	redis.call('SADD', room .. 'members', ARGV[i])
end
at = at + n + 1

n = tonumber(ARGV[at])
for i = at + 1, at + n do
	if redis.call('GET', 'user:' .. ARGV[i] .. ':room') == id then
		redis.call('DEL', 'user:' .. ARGV[i] .. ':room')
	end
	redis.call('SREM', room .. 'members', ARGV[i])
end

redis.call('HSET', 'rooms:fence', id, written)
return 1
