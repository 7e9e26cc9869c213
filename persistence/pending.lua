-- Reads a page of the outbox, without what a living server still sends itself.
-- ARGV: 2 cursor, 3 how many entries to look at.
-- Answers the next cursor and a list: room id, status, room id, status …
local others = false
for _, server in ipairs(redis.call('SMEMBERS', 'rooms:servers')) do
	others = others or server ~= me and alive(server)
end
local page = redis.call('HSCAN', 'laravel:outbox', ARGV[2], 'COUNT', ARGV[3])
if not others then
	return page
end
local list = {}
for i = 1, #page[2], 2 do
	local owner = redis.call('HGET', 'rooms:owner', page[2][i])
	-- Of a room that was closed nobody knows any more whose it was.
	if owner and (owner == me or not alive(owner)) then
		list[#list + 1], list[#list + 2] = page[2][i], page[2][i + 1]
	end
end
return {page[1], list}
