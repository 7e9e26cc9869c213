package page

import (
	"context"
	"net/http"
	"sync"
	"time"

	"audioroom/actors/room"
)

const (
	// maxListed is how many rooms are listed: those with the latest activity.
	maxListed = 100
	// listingAge is for how long a list is good, however many pages are open.
	listingAge = time.Second
	// askTimeout bounds what a request asks the store.
	askTimeout = 2 * time.Second
)

// listing is the list of rooms as it was made last.
type listing struct {
	mu    sync.Mutex // held while a list is made: one at a time
	made  time.Time
	rooms *roomList
}

// roomList is the rooms with the latest activity, those first.
type roomList struct {
	Now   int64         `json:"now"`   // Unix milliseconds
	Total int           `json:"total"` // listed or not
	Rooms []roomSummary `json:"rooms"`
}

// roomSummary is a room in the list. Times are in Unix milliseconds.
type roomSummary struct {
	ID           string `json:"id"`
	Participants int    `json:"participants"`
	SeatCount    int    `json:"seatCount"`
	Taken        int    `json:"taken"`
	Held         int    `json:"held"`
	Locked       int    `json:"locked"`
	Invites      int    `json:"invites"`
	Activity     int64  `json:"activity"`
	CreatedAt    int64  `json:"createdAt"`
}

// storedRoom is what is stored of a room, in the words of the events. Times are
// in Unix milliseconds.
type storedRoom struct {
	ID           string         `json:"id"`
	Owner        room.UserID    `json:"owner"` // 0: not known
	Participants int            `json:"participants"`
	SeatCount    int            `json:"seatCount"`
	Seats        []storedSeat   `json:"seats"`
	LockedSeats  []int          `json:"lockedSeats"`
	Invites      []storedInvite `json:"invites"`
}

// storedSeat is a seat that is taken, or held until HeldUntil.
type storedSeat struct {
	SeatIndex int         `json:"seatIndex"`
	UserID    room.UserID `json:"userId"`
	IsMuted   bool        `json:"isMuted"`
	HeldUntil int64       `json:"heldUntil"` // 0: taken
}

type storedInvite struct {
	SeatIndex   int         `json:"seatIndex"`
	UserID      room.UserID `json:"userId"`
	InvitedByID room.UserID `json:"invitedById"`
	ExpiresAt   int64       `json:"expiresAt"`
}

// serveRooms lists the rooms.
func (h *Handler) serveRooms(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	list, err := h.list(ctx)
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, "Redis does not answer")
		return
	}
	answer(w, http.StatusOK, list)
}

// list returns the list of rooms, at most listingAge old.
func (h *Handler) list(ctx context.Context) (*roomList, error) {
	h.rooms.mu.Lock()
	defer h.rooms.mu.Unlock()
	if h.rooms.rooms != nil && time.Since(h.rooms.made) < listingAge {
		return h.rooms.rooms, nil
	}
	ids, err := h.config.Store.Active(ctx)
	if err != nil {
		return nil, err
	}
	list := &roomList{Now: time.Now().UnixMilli(), Total: len(ids), Rooms: []roomSummary{}}
	for i := len(ids) - 1; i >= 0 && len(list.Rooms) < maxListed; i-- {
		s, err := h.snapshot(ctx, ids[i])
		if err != nil {
			return nil, err
		}
		if s == nil { // closed meanwhile, or not readable
			list.Total--
			continue
		}
		list.Rooms = append(list.Rooms, summarise(s))
	}
	h.rooms.rooms, h.rooms.made = list, time.Now()
	return list, nil
}

// snapshot reads what is stored of a room, nil if that is nothing or can't be
// read.
func (h *Handler) snapshot(ctx context.Context, roomID string) (*room.Snapshot, error) {
	data, err := h.config.Store.Snapshot(ctx, roomID)
	if err != nil || data == nil {
		return nil, err
	}
	s, err := room.Decode(data)
	if err != nil {
		return nil, nil
	}
	return s, nil
}

func summarise(s *room.Snapshot) roomSummary {
	sum := roomSummary{
		ID: s.ID, Participants: s.Participants, SeatCount: s.SeatCount, Locked: len(s.Locked), Invites: len(s.Invites),
		Activity: s.Activity, CreatedAt: s.CreatedAt,
	}
	for _, seat := range s.Seats {
		if seat.HeldUntil != 0 {
			sum.Held++
		} else {
			sum.Taken++
		}
	}
	return sum
}

// serveRoom tells what is stored of one room; null if it is not open.
func (h *Handler) serveRoom(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	s, err := h.snapshot(ctx, r.URL.Query().Get("id"))
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, "Redis does not answer")
		return
	}
	answer(w, http.StatusOK, struct {
		Now  int64       `json:"now"`
		Room *storedRoom `json:"room"`
	}{time.Now().UnixMilli(), stored(s)})
}

func stored(s *room.Snapshot) *storedRoom {
	if s == nil {
		return nil
	}
	view := &storedRoom{
		ID: s.ID, Owner: s.Owner, Participants: s.Participants, SeatCount: s.SeatCount,
		Seats: []storedSeat{}, LockedSeats: append([]int{}, s.Locked...), Invites: []storedInvite{},
	}
	for _, seat := range s.Seats {
		view.Seats = append(view.Seats, storedSeat{SeatIndex: seat.Seat, UserID: seat.User, IsMuted: seat.Muted, HeldUntil: seat.HeldUntil})
	}
	for _, v := range s.Invites {
		view.Invites = append(view.Invites, storedInvite{SeatIndex: v.Seat, UserID: v.User, InvitedByID: v.By, ExpiresAt: v.Until})
	}
	return view
}
