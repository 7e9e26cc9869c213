package room_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

func say(s room.SessionID) *room.Chat {
	return &room.Chat{Session: s, Message: room.Message{
		ID: "A", Name: []byte(`"Ada"`), Avatar: []byte(`null`), Content: []byte(`"hi"`), Type: "text",
	}}
}

func TestRoom_Chat(t *testing.T) {
	// spent is a room in which bob said as much as one may in a minute, one
	// message every 100 ms.
	spent := func(t *testing.T) *stage {
		t.Helper()
		s := newStage(t, ann1, bob1)
		for i := range 60 {
			s.now = start + 100*int64(i)
			s.ok(say(bob1))
		}
		return s
	}

	t.Run("tells_the_room_what_was_said_the_sender_too", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		c := say(bob1)
		told(t, s.after(10).ok(c), said(bob, &c.Message, start+10))
		require.Equal(t, start+10, s.Activity())
	})

	t.Run("is_refused_to_who_is_not_there", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		s.refuses(room.ErrNotInRoom, say(cid1))
		s.ok(&room.Leave{Session: bob1})
		s.refuses(room.ErrNotInRoom, say(bob1))
	})

	t.Run("takes_60_messages_in_any_minute", func(t *testing.T) {
		s := spent(t)
		s.refuses(room.ErrTooManyMessages, say(bob1))
		s.now = start + 59_999
		s.refuses(room.ErrTooManyMessages, say(bob1))
		s.now = start + 60_000 // the first of them is a minute old
		s.ok(say(bob1))
		s.refuses(room.ErrTooManyMessages, say(bob1))
		s.now = start + 60_099
		s.refuses(room.ErrTooManyMessages, say(bob1))
		s.now = start + 60_100
		s.ok(say(bob1))
	})

	t.Run("counts_no_refused_message", func(t *testing.T) {
		s := spent(t)
		for range 1000 {
			s.refuses(room.ErrTooManyMessages, say(bob1))
		}
		s.now = start + 60_000
		s.ok(say(bob1))
	})

	t.Run("never_lets_more_through_however_the_messages_come", func(t *testing.T) {
		s := newStage(t, ann1, bob1)
		var sent []int64
		for i := range int64(20_000) {
			s.now = start + i*i%7919 + i*37
			if len(sent) > 0 {
				s.now = max(s.now, sent[len(sent)-1])
			}
			if reply, _ := s.do(say(bob1)); reply.Err == room.OK {
				sent = append(sent, s.now)
			}
		}
		require.Greater(t, len(sent), 600)
		for i := 60; i < len(sent); i++ {
			require.GreaterOrEqual(t, sent[i]-sent[i-60], int64(60_000))
		}
	})

	t.Run("counts_each_user_by_themselves_and_their_sessions_together", func(t *testing.T) {
		s := spent(t)
		s.ok(say(ann1))
		s.ok(join(bob2))
		s.refuses(room.ErrTooManyMessages, say(bob2))
	})

	t.Run("counts_on_through_leaving_dropping_and_coming_back", func(t *testing.T) {
		s := spent(t)
		for _, goes := range []room.Command{&room.Leave{Session: bob1}, &room.Drop{Session: bob1}, &room.Remove{User: bob}} {
			s.ok(goes)
			s.ok(say(ann1))
			s.ok(join(bob1))
			s.refuses(room.ErrTooManyMessages, say(bob1))
		}
		s.now = start + 60_000
		s.ok(say(bob1))
	})

	t.Run("counts_on_while_others_begin_to_talk", func(t *testing.T) {
		s := spent(t)
		for u := room.SessionID(100); u < 200; u++ {
			s.ok(join(10 * u))
			s.ok(say(10 * u))
		}
		s.refuses(room.ErrTooManyMessages, say(bob1))
	})

	t.Run("is_without_a_limit_if_there_is_none", func(t *testing.T) {
		s := newStage(t, bob1)
		s.config.ChatPerMinute = 0
		for range 1000 {
			s.ok(say(bob1))
		}
	})
}
