-- Keeps user:{id}:room of users in a room from expiring.
-- ARGV: 1 room id, then ids of users who were in it a moment ago.
local id = ARGV[1]
local refreshed = 0
for i = 2, #ARGV do
	local key = 'user:' .. ARGV[i] .. ':room'
	if redis.call('SISMEMBER', 'room:' .. id .. ':members', ARGV[i]) == 1 then
		local current = redis.call('GET', key)
		if not current or current == id then
			redis.call('SET', key, id, 'EX', 86400)
			refreshed = refreshed + 1
		end
	end
end
return refreshed
