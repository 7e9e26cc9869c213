-- Forgets a claim of a room that never came to exist.
-- ARGV: 1 room id, 2 epoch.
local id = ARGV[1]
if redis.call('HGET', 'rooms:fence', id) ~= ARGV[2] .. '.0' or redis.call('EXISTS', 'room:' .. id .. ':snapshot') == 1 then
	return 0
end
redis.call('HDEL', 'rooms:fence', id)
if string.find(redis.call('GET', 'rooms:claim:' .. id) or '', ' fresh', 1, true) then
	redis.call('DEL', 'rooms:claim:' .. id)
end
return 1
