package linear_test

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"audioroom/actors/room"
)

// checkTime bounds the look at one history, which takes some hundredths of a
// second: one that takes as long is too large, and tells nothing.
const checkTime = time.Minute

// linearizable looks for an order of the calls of a finished history.
func (h *history) linearizable() porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(h.model(), h.operations, checkTime)
}

// check fails the test if a history can't be put in order.
func (h *history) check(t *testing.T) {
	t.Helper()
	switch h.linearizable() {
	case porcupine.Ok:
	case porcupine.Unknown:
		t.Errorf("the history of %s is too large to be checked within %v: %d operations", h.room, checkTime, len(h.operations))
	case porcupine.Illegal:
		t.Error(h.story(t))
	}
}

// story tells of a history that can't be put in order: how far that goes, what
// comes next, and where there is a page that shows it.
func (h *history) story(t *testing.T) string {
	t.Helper()
	model := h.model()
	_, info := porcupine.CheckOperationsVerbose(model, h.operations, checkTime)
	path := filepath.Join(t.ArtifactDir(), h.room+".html")
	require.NoError(t, porcupine.VisualizePath(model, info, path))

	h.deaf = true
	acks := porcupine.CheckOperationsTimeout(h.model(), h.operations, 10*time.Second)
	h.deaf = false
	var b strings.Builder
	fmt.Fprintf(&b, "what happened to %s can't be put in an order (the acks alone: %s); shown in %s\n", h.room, acks, path)
	var longest []porcupine.Operation
	for _, some := range info.PartialLinearizationsOperations()[0] {
		if len(some) > len(longest) {
			longest = some
		}
	}
	state, in := model.Init(), make(map[*call]bool)
	for i, o := range longest {
		_, state = model.Step(state, o.Input, o.Output)
		in[o.Input.(*call)] = true
		if i >= len(longest)-8 {
			fmt.Fprintf(&b, "  %s\n    %s\n", model.DescribeOperation(o.Input, o.Output), model.DescribeState(state))
		}
	}
	left := slices.DeleteFunc(slices.Clone(h.operations), func(o porcupine.Operation) bool { return in[o.Input.(*call)] })
	fmt.Fprintf(&b, "%d of %d go so far. Then is heard:\n", len(longest), len(h.operations))
	h.tellNext(&b, state.([]any))
	b.WriteString("which may come of:\n")
	var first int64 = math.MaxInt64 // what is called after the first return can't come next
	for _, o := range left {
		first = min(first, o.Return)
	}
	for _, o := range left {
		if o.Call <= first {
			fmt.Fprintf(&b, "  %s\n", model.DescribeOperation(o.Input, o.Output))
			h.tellModel(&b, state.([]any), o.Input.(*call))
		}
	}
	return h.abbreviated(b.String())
}

// tellNext writes what sessions heard next.
func (h *history) tellNext(b *strings.Builder, states []any) {
	for i, session := range h.sessions {
		if told := states[0].(*state).sessions[i].told; told >= 0 && told < len(session.heard) {
			fmt.Fprintf(b, "  by session %d: %s\n", i, session.heard[told])
		}
	}
}

// tellModel writes what the model says of a call.
func (h *history) tellModel(b *strings.Builder, states []any, c *call) {
	for _, from := range states {
		s := from.(*state)
		if c.session < 0 || s.over(h, c.session) {
			continue
		}
		reply, events := h.carryOut(h.roomOf(s), c)
		fmt.Fprintf(b, "    the model: %s after %d", ack(h.room, c.verb, reply), s.sessions[c.session].told)
		for i := range events {
			if events[i].Kind != room.SessionJoined && events[i].Kind != room.SessionLeft {
				fmt.Fprintf(b, "; it tells %s", broadcast(&events[i]))
			}
		}
		b.WriteString("\n")
	}
}

// abbreviated is a text in which users are named by their number.
func (h *history) abbreviated(text string) string {
	for user, profile := range h.profiles {
		text = strings.ReplaceAll(text, string(profile), fmt.Sprintf("user %d", user))
	}
	return text
}
