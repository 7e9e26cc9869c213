-- Removes a status from the outbox, unless a newer one took its place.
-- ARGV: 1 room id, 2 the status that was accepted.
if redis.call('HGET', 'laravel:outbox', ARGV[1]) == ARGV[2] then
	return redis.call('HDEL', 'laravel:outbox', ARGV[1])
end
return 0
