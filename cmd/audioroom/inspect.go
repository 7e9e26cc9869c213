package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"audioroom/actors/room"
	"audioroom/cmd/audioroom/admin"
	"audioroom/persistence"
)

// inspectCommand shows a room as Redis holds it and, if the server on this
// machine has it open, as that has it in memory.
type inspectCommand struct {
	Room        string `arg:"" help:"Room id."`
	RedisURL    string `name:"redis-url" env:"REDIS_URL" default:"redis://127.0.0.1:6379/0" help:"Redis that keeps the rooms."`
	AdminListen string `name:"admin-listen" env:"ADMIN_LISTEN" default:"off" help:"Admin address of the server on this machine; off to look at Redis alone."`
	JSON        bool   `name:"json" help:"Print JSON instead of a table."`
}

// inspected is what is shown of a room.
type inspected struct {
	RoomID       string                     `json:"roomId"`
	Active       bool                       `json:"active"`
	Fence        string                     `json:"fence"`
	Participants string                     `json:"participants"`
	Users        []room.UserID              `json:"users"`
	Activity     string                     `json:"activity"`
	ExpiresIn    string                     `json:"activityExpiresIn"`
	Seats        map[string]json.RawMessage `json:"seats"`
	Locked       []int                      `json:"lockedSeats"`
	Status       json.RawMessage            `json:"undeliveredStatus"`
	Snapshot     *room.Snapshot             `json:"snapshot"`
	// Here is the room in the memory of the server that was asked, nil if it is
	// not open there.
	Here *admin.Room `json:"here,omitempty"`
}

// Run implements command.
func (c *inspectCommand) Run(p *program) error {
	store, err := persistence.Open(persistence.Config{URL: c.RedisURL})
	if err != nil {
		return usageError{err}
	}
	defer store.Close(p.ctx)
	here, err := c.here(p.ctx)
	if err != nil {
		fmt.Fprintf(p.stderr, "audioroom: the server can't be asked, Redis alone is shown: %v\n", err)
	}
	seen, err := store.Inspect(p.ctx, c.Room)
	if err != nil && here == nil {
		return err
	}
	if err != nil {
		fmt.Fprintf(p.stderr, "audioroom: Redis can't be asked, the server alone is shown: %v\n", err)
		seen = &persistence.Inspection{RoomID: c.Room}
	}
	if seen.Snapshot == nil && !seen.Active && seen.Status == nil && here == nil {
		return fmt.Errorf("room %q is not in Redis", c.Room)
	}
	view := inspected{
		RoomID: seen.RoomID, Active: seen.Active, Fence: seen.Fence, Participants: seen.Participants,
		Users: seen.Members, Activity: seen.Activity, ExpiresIn: seen.ActivityExpires.Round(time.Second).String(),
		Seats: make(map[string]json.RawMessage), Locked: seen.Locked, Status: seen.Status,
		Here: here,
	}
	for i, seat := range seen.Seats {
		view.Seats[fmt.Sprint(i)] = json.RawMessage(seat)
	}
	if seen.Snapshot != nil {
		if view.Snapshot, err = room.Decode(seen.Snapshot); err != nil {
			return fmt.Errorf("room %q: %w: %q", c.Room, err, seen.Snapshot)
		}
	}
	if c.JSON {
		out := json.NewEncoder(p.stdout)
		out.SetIndent("", "  ")
		return out.Encode(view)
	}
	return view.table(p.stdout, seen)
}

// here asks the server on this machine for the room. Nil is for a server that is
// not there, and for one that does not have the room.
func (c *inspectCommand) here(ctx context.Context) (*admin.Room, error) {
	if c.AdminListen == "" || c.AdminListen == "off" {
		return nil, nil
	}
	here, err := admin.FetchRoom(ctx, c.AdminListen, c.Room)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil, nil
	}
	return here, err
}

// table prints the room for people.
func (v *inspected) table(w io.Writer, seen *persistence.Inspection) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name string, value any) { fmt.Fprintf(t, "%s\t%v\n", name, value) }
	row("room", v.RoomID)
	if h := v.Here; h != nil {
		row("on this server", h.Phase)
		row("epoch.revision here", fmt.Sprintf("%d.%d, %d confirmed", h.Epoch, h.Revision, h.Confirmed))
		row("saved", !h.Unsaved)
		row("participants here", h.Participants)
		row("connections", h.Connections)
		row("mailbox, waiting", fmt.Sprintf("%d, %d", h.Mailbox, h.Waiting))
	}
	row("active", v.Active)
	row("epoch.revision", v.Fence)
	row("participants", v.Participants)
	row("users", join(v.Users))
	row("last activity (Unix ms)", v.Activity)
	row("expires in", v.ExpiresIn)
	if s := v.Snapshot; s != nil {
		row("seats", s.SeatCount)
		row("owner", s.Owner)
	}
	for _, i := range slices.Sorted(maps.Keys(seen.Seats)) {
		row(fmt.Sprintf("seat %d", i), seen.Seats[i])
	}
	if v.Snapshot != nil {
		for _, s := range v.Snapshot.Seats {
			if s.HeldUntil != 0 {
				row(fmt.Sprintf("seat %d", s.Seat), fmt.Sprintf("held for user %d until %s", s.User,
					time.UnixMilli(s.HeldUntil).UTC().Format(time.RFC3339)))
			}
		}
	}
	row("locked seats", join(v.Locked))
	if v.Status != nil {
		row("status for the backend", string(v.Status))
	}
	return t.Flush()
}

func join[T any](list []T) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Trim(fmt.Sprint(list), "[]")
}

// firstOf returns the first of a comma list.
func firstOf(list string) string {
	first, _, _ := strings.Cut(list, ",")
	return first
}
