package laravel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"audioroom/actors/room"
)

// Rank returns a user's rank in a room, from the cache if it is there: the
// owner's through Room, anyone else's by asking for their role. No role is
// room.RankMember. The error wraps ErrUnavailable, and ctx's error if that is
// what ended the question; the rank is then room.RankUnknown. The question is
// bounded by Config.QuestionBudget in any case.
func (c *Client) Rank(ctx context.Context, roomID string, user int64) (room.Rank, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.QuestionBudget)
	defer cancel()
	info, err := c.Room(ctx, roomID)
	if err != nil {
		return room.RankUnknown, err
	}
	if owns(info, user) {
		return room.RankOwner, nil
	}
	if rank, ok := c.roles.get(roomID, roleKey{roomID, user}); ok {
		return rank, nil
	}
	if !addressable(roomID) {
		return room.RankMember, nil
	}
	return c.role(ctx, roomID, user)
}

// CachedRank returns what Rank would answer without a call, and false if it
// would need one. It never waits and allocates nothing.
func (c *Client) CachedRank(roomID string, user int64) (room.Rank, bool) {
	info, ok := c.rooms.get(roomID, roomID)
	if !ok {
		return room.RankUnknown, false
	}
	if owns(info, user) {
		return room.RankOwner, true
	}
	return c.roles.get(roomID, roleKey{roomID, user})
}

// Forget drops the cached role of a user in a room. A call under way is not
// cached either, and nobody who asks from now on is given its answer.
func (c *Client) Forget(roomID string, user int64) {
	c.roles.forget(roomID, func(key roleKey) bool { return key == roleKey{roomID, user} })
}

// ForgetRoom drops all that is cached of a room: its owner, its seat count and
// its roles, calls under way included, as Forget does.
func (c *Client) ForgetRoom(roomID string) {
	c.rooms.forget(roomID, func(key string) bool { return key == roomID })
	c.roles.forget(roomID, func(key roleKey) bool { return key.room == roomID })
}

func owns(info Info, user int64) bool { return user != 0 && info.OwnerID == user }

func (c *Client) role(ctx context.Context, roomID string, user int64) (room.Rank, error) {
	seen := c.roles.seen(roomID)
	key := strconv.FormatUint(seen, 10) + ":" + strconv.FormatInt(user, 10) + ":" + roomID
	cached := func() (room.Rank, bool) { return c.roles.get(roomID, roleKey{roomID, user}) }
	return ask(ctx, c, &c.roleFlights, key, cached, func(ctx context.Context) (room.Rank, error) {
		rank := room.RankMember
		x := &exchange{endpoint: EndpointRole, method: http.MethodGet, path: rolePath(roomID, user),
			decode: func(body []byte) error {
				answer, odd, err := decodeRole(body)
				if odd != "" {
					c.log.Warn("laravel gives an unknown role; taken as none", "room", roomID, "user", user, "role", odd)
				}
				rank = answer
				return err
			}}
		if err := c.call(ctx, c.asking, x); err != nil && x.outcome != OutcomeUnknown {
			return room.RankUnknown, fmt.Errorf("role: %w", err)
		}
		c.roles.put(roomID, roleKey{roomID, user}, rank, seen)
		return rank, nil
	})
}

// decodeRole reads {"role":"admin"}. A role it doesn't know is returned as odd
// and counts as none, as does null.
func decodeRole(body []byte) (rank room.Rank, odd string, err error) {
	var fields struct {
		Role json.RawMessage `json:"role"`
	}
	if err := decodeObject(body, &fields); err != nil {
		return room.RankUnknown, "", err
	}
	if fields.Role == nil {
		return room.RankUnknown, "", errors.New("no role in it")
	}
	var role *string
	if err := json.Unmarshal(fields.Role, &role); err != nil {
		return room.RankUnknown, "", errors.New("role is not a string")
	}
	if role == nil {
		return room.RankMember, "", nil
	}
	for _, rank := range []room.Rank{room.RankMember, room.RankAdmin, room.RankOwner} {
		if *role == rank.String() {
			return rank, "", nil
		}
	}
	return room.RankMember, clip(*role), nil
}
