-- May this commit write? Prefixed to write.lua and close.lua.
-- ARGV: 1 room id, 2 epoch, 3 last revision, 4 revision, 5 the server's id if
-- whatever Redis holds under this or an older epoch may be replaced, or ''.
-- Answers: 1 written, 2 was written before, -1 fenced, -2 diverged.
local id, epoch = ARGV[1], ARGV[2]
local room = 'room:' .. id .. ':'
local written = epoch .. '.' .. ARGV[4]
local fence = redis.call('GET', 'rooms:fence:' .. id)
if fence ~= epoch .. '.' .. ARGV[3] then
	if fence == written then
		return 2
	end
	local ours = tonumber(epoch)
	local holder, reached
	if fence then
		holder, reached = string.match(fence, '^(%d+)%.(%d+)$')
	else
		-- Closed by a later claimer, or lost.
		holder = string.match(redis.call('GET', 'rooms:claim:' .. id) or '', '^%d+')
	end
	holder, reached = tonumber(holder or 0), tonumber(reached or 0)
	if holder > ours then
		return -1
	end
	if ARGV[5] == '' then
		return -2
	end
	if holder == ours and reached > tonumber(ARGV[4]) then
		-- Carried out late: its repeat was confirmed and the room went on.
		return -2
	end
	-- Redis lost data. Older epochs are refused and no epoch is given twice all
	-- the same.
	redis.call('SET', 'rooms:claim:' .. id, epoch .. ' - taken', 'EX', 86400)
	if tonumber(redis.call('GET', 'rooms:epoch') or 0) < ours then
		redis.call('SET', 'rooms:epoch', epoch)
	end
end
