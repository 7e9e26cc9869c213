-- Moves the time before which a user's tokens are refused forward, never back. It
-- is kept for good: nobody knows how long the tokens live.
-- KEYS: 1 auth:user_revoked:{id}. ARGV: 1 Unix seconds.
local before = tonumber(redis.call('GET', KEYS[1]) or '') or 0
if tonumber(ARGV[1]) > before then
	redis.call('SET', KEYS[1], ARGV[1])
end
return 0
