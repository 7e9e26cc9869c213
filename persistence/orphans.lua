-- Tells which servers are gone, and which rooms have no living server.
-- ARGV: 1 the asking server's id, 2 '1' if the rooms are wanted.
-- Answers 1 if Redis did not know the asking server, and two lists: servers, rooms.
local me = ARGV[1]
local unknown = redis.call('SADD', 'rooms:servers', me)
local known = {[me] = true}
local function alive(server)
	if known[server] == nil then
		known[server] = redis.call('PUBSUB', 'NUMSUB', 'rooms:server:' .. server)[2] > 0
	end
	return known[server]
end

local gone, rooms = {}, {}
for _, server in ipairs(redis.call('SMEMBERS', 'rooms:servers')) do
	if not alive(server) then
		gone[#gone + 1] = server
	end
end
if ARGV[2] == '1' then
	for _, id in ipairs(redis.call('ZRANGE', 'rooms:active', 0, -1)) do
		local owner = redis.call('HGET', 'rooms:owner', id)
		if not owner or not alive(owner) then
			rooms[#rooms + 1] = id
		end
	end
end
return {unknown, gone, rooms}
