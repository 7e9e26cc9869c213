-- Prefixed to the scripts that ask which servers live. ARGV: 1 the asking server's
-- id.
local me = ARGV[1]
local known = {[me] = true}
local function alive(server)
	if known[server] == nil then
		known[server] = redis.call('PUBSUB', 'NUMSUB', 'rooms:server:' .. server)[2] > 0
	end
	return known[server]
end
