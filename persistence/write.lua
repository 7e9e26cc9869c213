-- Writes a commit that guard.lua let through.
-- ARGV: 6 snapshot, 7 activity, 8 its expiry in ms, 9 participants, 10 status
-- or '', then each change as three: 'seat', index, value or '' if it is free;
-- 'lock', index, '1' or ''; 'user', id, '1' if they came, '' if they left.
-- The fence goes last: a script that fails half-way (a key of another type, no
-- memory) is not undone, and has to count as not carried out.
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

for i = 11, #ARGV, 3 do
	local kind, which, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
	if kind == 'lock' then
		redis.call(value == '' and 'SREM' or 'SADD', room .. 'locked_seats', which)
	elseif kind == 'seat' then
		if value == '' then
			redis.call('DEL', room .. 'seat:' .. which)
		else
			redis.call('SET', room .. 'seat:' .. which, value)
		end
	elseif value == '1' then
		redis.call('SET', 'user:' .. which .. ':room', id, 'EX', 86400)
		redis.call('SADD', room .. 'members', which)
	else
		if redis.call('GET', 'user:' .. which .. ':room') == id then
			redis.call('DEL', 'user:' .. which .. ':room')
		end
		redis.call('SREM', room .. 'members', which)
	end
end

if ARGV[10] ~= '' then
	redis.call('HSET', 'laravel:outbox', id, ARGV[10])
end
redis.call('SET', room .. 'activity', ARGV[7], 'PX', ARGV[8])
redis.call('ZADD', 'rooms:active', ARGV[7], id)
redis.call('MSET', room .. 'snapshot', ARGV[6], room .. 'participants', ARGV[9], 'rooms:fence:' .. id, written)
return 1
