package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTraceTrouble_is_told_once_a_minute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		trouble := &traceTrouble{log: slog.New(slog.NewTextHandler(&out, nil))}
		told := func() int { return strings.Count(out.String(), `msg="traces can't be delivered" error=away`) }
		for range 3 {
			trouble.Handle(errors.New("away"))
			time.Sleep(traceComplaints / 4)
		}
		require.Equal(t, 1, told())
		time.Sleep(traceComplaints / 4)
		trouble.Handle(errors.New("away"))
		require.Equal(t, 2, told())
	})
}
