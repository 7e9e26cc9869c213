package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func TestHandshake(t *testing.T) {
	t.Parallel()

	type answer struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	read := func(t *testing.T, resp *http.Response) answer {
		t.Helper()
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
		var a answer
		require.NoError(t, json.Unmarshal(body, &a), "%s", body)
		return a
	}

	for _, c := range []struct {
		what, method, query string
		want                answer
	}{
		{"an unknown transport", "GET", "EIO=4&transport=abc", answer{0, "Transport unknown"}},
		{"no transport", "GET", "EIO=4", answer{0, "Transport unknown"}},
		{"polling", "GET", "EIO=4&transport=polling", answer{0, "Transport unknown"}},
		{"an unknown session", "GET", "EIO=4&transport=websocket&sid=abc", answer{1, "Session ID unknown"}},
		{"another method", "POST", "EIO=4&transport=websocket", answer{2, "Bad handshake method"}},
		{"no upgrade", "GET", "EIO=4&transport=websocket", answer{3, "Bad request"}},
	} {
		in(t, "refuses "+c.what, func(t *testing.T) {
			req, err := http.NewRequest(c.method, shared(t).Server.URL+"/socket.io/?"+c.query, nil)
			require.NoError(t, err)
			client := http.Client{Timeout: 10 * time.Second}
			resp, err := client.Do(req)
			require.NoError(t, err)
			assert.Equal(t, c.want, read(t, resp))
		})
	}

	for _, c := range []struct {
		what, query string
		want        answer
	}{
		{"protocol 3", "EIO=3&transport=websocket", answer{5, "Unsupported protocol version"}},
		{"protocol abc", "EIO=abc&transport=websocket", answer{5, "Unsupported protocol version"}},
		{"no protocol", "transport=websocket", answer{5, "Unsupported protocol version"}},
		{"an unknown transport", "EIO=4&transport=abc", answer{0, "Transport unknown"}},
	} {
		in(t, "refuses an upgrade with "+c.what, func(t *testing.T) {
			url := "ws" + strings.TrimPrefix(shared(t).Server.URL, "http") + "/socket.io/?" + c.query
			_, resp, err := websocket.DefaultDialer.Dial(url, nil)
			require.ErrorIs(t, err, websocket.ErrBadHandshake)
			assert.Equal(t, c.want, read(t, resp))
		})
	}

	in(t, "tells the session's terms", func(t *testing.T) {
		url := "ws" + strings.TrimPrefix(shared(t).Server.URL, "http") + "/socket.io/?EIO=4&transport=websocket"
		conn, _, err := websocket.DefaultDialer.Dial(url, nil)
		require.NoError(t, err)
		defer conn.Close()
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, text, err := conn.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, byte('0'), text[0])
		var terms P
		require.NoError(t, json.Unmarshal(text[1:], &terms))
		assert.NotEmpty(t, terms["sid"])
		delete(terms, "sid")
		assert.Equal(t, harness.Plain(t, P{"upgrades": []string{}, "pingInterval": 25000, "pingTimeout": 60000, "maxPayload": 16384}),
			harness.Plain(t, terms))
	})
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	for _, namespace := range []string{"/chat", "/admin", "//"} {
		in(t, namespace+" is none", func(t *testing.T) {
			how := harness.Opening{User: harness.NewUser(), Namespace: namespace}
			assert.Equal(t, "Invalid namespace", shared(t).Open(t, how).ConnectError())
		})
	}
	in(t, "/ is the one there is", func(t *testing.T) {
		shared(t).Open(t, harness.Opening{User: harness.NewUser(), Namespace: "/"}).Connected()
	})
}
