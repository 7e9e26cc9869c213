package persistence

import (
	"context"
	_ "embed"

	"github.com/redis/go-redis/v9"
)

var (
	//go:embed guard.lua
	guardLua string
	//go:embed write.lua
	writeLua string
	//go:embed close.lua
	closeLua string
	//go:embed claim.lua
	claimLua string
	//go:embed accepted.lua
	acceptedLua string
	//go:embed refresh.lua
	refreshLua string
	//go:embed alive.lua
	aliveLua string
	//go:embed orphans.lua
	orphansLua string
	//go:embed pending.lua
	pendingLua string
	//go:embed revoke.lua
	revokeLua string
)

// The scripts. The writer sends the first three by their hash and loads them
// when Redis says NOSCRIPT; the others go through Run, which does that itself.
var (
	claimScript    = redis.NewScript(claimLua)
	writeScript    = redis.NewScript(guardLua + writeLua)
	closeScript    = redis.NewScript(guardLua + closeLua)
	acceptedScript = redis.NewScript(acceptedLua)
	refreshScript  = redis.NewScript(refreshLua)
	orphansScript  = redis.NewScript(aliveLua + orphansLua)
	pendingScript  = redis.NewScript(aliveLua + pendingLua)
	revokeScript   = redis.NewScript(revokeLua)
)

// What write.lua and close.lua answer.
const (
	answerWritten  = 1
	answerRepeated = 2
	answerFenced   = -1
	answerDiverged = -2
)

// loadScripts makes Redis know the writer's scripts by their hash.
func loadScripts(ctx context.Context, client redis.Scripter) error {
	for _, script := range []*redis.Script{claimScript, writeScript, closeScript} {
		if err := script.Load(ctx, client).Err(); err != nil {
			return err
		}
	}
	return nil
}
