package admin

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"audioroom/actors"
)

// Program is what an operator looks at and acts on. Its methods are called from
// many goroutines.
type Program interface {
	// Rooms returns the rooms that are open here, in no order, as far as they
	// answered before ctx ended; total is how many there are.
	Rooms(ctx context.Context) (rooms []actors.View, total int)
	// Room returns one room with its snapshot, and false if it is not open here.
	Room(ctx context.Context, id string) (actors.View, bool, error)
	// CloseRoom tells a room to close, as the backend can. It waits for nothing.
	CloseRoom(id string)
	// Drain takes no new connections any more, or again. It reports false, and
	// does nothing, once the program is stopping.
	Drain(on bool) bool
	// State is how far a drain is.
	State() State
	// Level is the level of the log.
	Level() slog.Level
	// SetLevel has the log begin at another level.
	SetLevel(slog.Level)
}

// State is what a draining server has left.
type State struct {
	Draining    bool `json:"draining"`
	Stopping    bool `json:"stopping,omitempty"`
	Connections int  `json:"connections"`
	Rooms       int  `json:"rooms"`
	Unsaved     int  `json:"roomsUnsaved"`
	// Pending is how many statuses the backend has not answered.
	Pending int `json:"statusesPending"`
}

// askTimeout bounds a question to the rooms: one that does not answer within it
// is stuck, which is worth knowing.
const askTimeout = 2 * time.Second

// Room is a room that is open on this server.
type Room struct {
	ID    string `json:"id"`
	Phase string `json:"phase"`
	Epoch uint64 `json:"epoch"`
	// Revision is of the state in memory, Confirmed of what Redis has confirmed.
	Revision  uint64 `json:"revision"`
	Confirmed uint64 `json:"confirmed"`
	// Unsaved says that the room serves from memory because Redis is late.
	Unsaved      bool `json:"unsaved"`
	Participants int  `json:"participants"`
	Connections  int  `json:"connections"`
	Mailbox      int  `json:"mailbox"`
	Waiting      int  `json:"waiting"`
	Panics       int  `json:"panics"`
	// State is the room's snapshot: only for one room.
	State json.RawMessage `json:"state,omitempty"`
}

// Rooms is what GET /rooms answers.
type Rooms struct {
	Rooms []Room `json:"rooms"`
	Total int    `json:"total"`
}

func describe(v *actors.View) Room {
	return Room{
		ID: v.ID, Phase: v.Phase, Epoch: v.Epoch, Revision: v.Revision, Confirmed: v.Confirmed, Unsaved: v.Unsaved,
		Participants: v.Participants, Connections: v.Sessions, Mailbox: v.Mailbox, Waiting: v.Waiting, Panics: v.Panics, State: v.Snapshot,
	}
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	views, total := h.program.Rooms(ctx)
	rooms := Rooms{Rooms: make([]Room, len(views)), Total: total}
	for i := range views {
		rooms.Rooms[i] = describe(&views[i])
	}
	slices.SortFunc(rooms.Rooms, func(a, b Room) int { return strings.Compare(a.ID, b.ID) })
	answer(w, http.StatusOK, rooms)
}

// find returns the room that a request is about, or answers that it is not there.
func (h *Handler) find(w http.ResponseWriter, r *http.Request) (*actors.View, bool) {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	view, open, err := h.program.Room(ctx, r.PathValue("id"))
	switch {
	case err != nil:
		refuse(w, http.StatusGatewayTimeout, "the room does not answer: "+err.Error())
	case !open:
		refuse(w, http.StatusNotFound, "the room is not open on this server")
	default:
		return &view, true
	}
	return nil, false
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	if view, ok := h.find(w, r); ok {
		answer(w, http.StatusOK, describe(view))
	}
}

func (h *Handler) close(w http.ResponseWriter, r *http.Request) {
	if view, ok := h.find(w, r); ok {
		h.program.CloseRoom(view.ID)
		answer(w, http.StatusAccepted, map[string]string{"closing": view.ID})
	}
}

func (h *Handler) state(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, h.program.State())
}

func (h *Handler) drain(w http.ResponseWriter, r *http.Request)   { h.setDrain(w, r, true) }
func (h *Handler) undrain(w http.ResponseWriter, r *http.Request) { h.setDrain(w, r, false) }

func (h *Handler) setDrain(w http.ResponseWriter, _ *http.Request, on bool) {
	if !h.program.Drain(on) {
		refuse(w, http.StatusConflict, "the server is stopping")
		return
	}
	answer(w, http.StatusOK, h.program.State())
}

func (h *Handler) level(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"level": strings.ToLower(h.program.Level().String())})
}

func (h *Handler) setLevel(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64))
	var level slog.Level
	if err == nil {
		err = level.UnmarshalText([]byte(strings.TrimSpace(string(text))))
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "the body has to be debug, info, warn or error")
		return
	}
	h.program.SetLevel(level)
	h.level(w, r)
}
