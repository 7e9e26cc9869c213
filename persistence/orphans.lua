-- Tells which servers are gone, and which rooms have no living server.
-- ARGV: 2 '1' if the rooms are wanted, then the servers to count as gone, if they
-- are; without any, all that are.
-- Answers 1 if Redis did not know the asking server, and two lists: servers, rooms.
local unknown = redis.call('SADD', 'rooms:servers', me)
local gone, rooms = {}, {}
for _, server in ipairs(redis.call('SMEMBERS', 'rooms:servers')) do
	if not alive(server) then
		gone[#gone + 1] = server
	end
end
if ARGV[2] == '1' then
	local named = {}
	for i = 3, #ARGV do
		named[ARGV[i]] = true
	end
	for _, id in ipairs(redis.call('ZRANGE', 'rooms:active', 0, -1)) do
		local owner = redis.call('HGET', 'rooms:owner', id)
		if not owner or not alive(owner) and (#ARGV == 2 or named[owner]) then
			rooms[#rooms + 1] = id
		end
	end
end
return {unknown, gone, rooms}
