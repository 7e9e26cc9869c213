package wsconn

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"audioroom/actors/room"
	"audioroom/wsconn/transport"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

func connectError(text string) string { return `44{"message":"` + text + `"}` }

func TestNew_refuses(t *testing.T) {
	for what, config := range map[string]Config{
		"no secret":              {},
		"an empty list":          {Secrets: []string{}},
		"an empty secret":        {Secrets: []string{secret, ""}},
		"a secret too short":     {Secrets: []string{strings.Repeat("s", MinSecret-1)}},
		"one too short of two":   {Secrets: []string{"short", secret}},
		"a transport that can't": {Secrets: []string{secret}, Transport: transport.Config{PingInterval: -1}},
	} {
		_, err := New(config, nil, nil, nil, nil, nil)
		require.Error(t, err, what)
		require.NotContains(t, err.Error(), secret)
	}
	g, err := New(Config{Secrets: []string{strings.Repeat("s", MinSecret)}}, nil, nil, nil, nil, nil)
	require.NoError(t, err)
	require.NoError(t, g.Shutdown(context.Background()))
}

func TestGateway_Connect(t *testing.T) {
	w := newWorld(t, Config{Origins: []string{"https://app.example", "null"}})
	good := tokenOfUser(t, 1, nil)
	header := func(pairs ...string) http.Header {
		h := make(http.Header)
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	auth := func(token string) string { return `40{"token":"` + token + `"}` }
	invalid, missing, origin := connectError("Invalid credentials"), connectError("Authentication required"), connectError("Origin not allowed")
	for what, c := range map[string]struct {
		header  http.Header
		packet  string
		want    string // "" to be let in
		outcome AuthOutcome
	}{
		"a token of the packet":              {nil, auth(good), "", AuthAccepted},
		"a token of the header":              {header("Authorization", "Bearer "+good), "40", "", AuthAccepted},
		"the header for an empty token":      {header("Authorization", "bearer "+good), `40{"token":""}`, "", AuthAccepted},
		"the header for an empty auth":       {header("Authorization", "BEARER "+good), `40{}`, "", AuthAccepted},
		"the packet's outranks the header's": {header("Authorization", "Bearer "+good), auth("garbage"), invalid, AuthInvalid},
		"the old secret":                     {nil, auth(token(t, oldSecret, claimsOfUser(1, nil))), "", AuthAccepted},
		"no token":                           {nil, "40", missing, AuthMissing},
		"an empty token":                     {nil, auth(""), missing, AuthMissing},
		"a null token":                       {nil, `40{"token":null}`, missing, AuthMissing},
		"a Basic header":                     {header("Authorization", "Basic "+good), "40", missing, AuthMissing},
		"garbage":                            {nil, auth("garbage"), invalid, AuthInvalid},
		"an unsigned token":                  {nil, auth(segment(`{"alg":"none"}`) + "." + segment(`{"id":1,"name":"A","exp":9999999999}`) + "."), invalid, AuthInvalid},
		"a blocked user":                     {nil, auth(tokenOfUser(t, 1, claimSet{"is_blocked": true})), invalid, AuthInvalid},
		"an expired token":                   {nil, auth(tokenOfUser(t, 1, claimSet{"exp": 1})), invalid, AuthInvalid},
		"an origin of the list":              {header("Origin", "https://app.example"), auth(good), "", AuthAccepted},
		"the origin null, if listed":         {header("Origin", "null"), auth(good), "", AuthAccepted},
		"another origin":                     {header("Origin", "https://app.example.org"), auth(good), origin, AuthOrigin},
		"another scheme":                     {header("Origin", "http://app.example"), auth(good), origin, AuthOrigin},
		"another port":                       {header("Origin", "https://app.example:8443"), auth(good), origin, AuthOrigin},
		"another case":                       {header("Origin", "https://APP.example"), auth(good), origin, AuthOrigin},
		"a slash too many":                   {header("Origin", "https://app.example/"), auth(good), origin, AuthOrigin},
		"a subdomain":                        {header("Origin", "https://x.app.example"), auth(good), origin, AuthOrigin},
		"another origin and no token":        {header("Origin", "https://evil.example"), "40", origin, AuthOrigin},
		"a star is no wildcard":              {header("Origin", "*"), auth(good), origin, AuthOrigin},
		"another namespace":                  {nil, "40/admin," + auth(good)[2:], `44/admin,{"message":"Invalid namespace"}`, ""},
	} {
		t.Run(what, func(t *testing.T) {
			client := w.dial(t, c.header)
			client.send(c.packet)
			if c.want == "" {
				require.True(t, strings.HasPrefix(client.next(), `40{"sid":"`))
			} else {
				client.expect(c.want)
			}
			if c.outcome != "" {
				require.Equal(t, c.outcome, receive(t, w.outcomes))
			}
			if c.want != "" && c.outcome != AuthOrigin { // the connection stays, and may try again
				client.enter(good)
				require.Equal(t, AuthAccepted, receive(t, w.outcomes))
			}
			require.Empty(t, w.outcomes)
		})
	}
}

func TestGateway_without_a_list_lets_no_page_in(t *testing.T) {
	w := newWorld(t, Config{})
	client := w.dial(t, http.Header{"Origin": {"https://app.example"}})
	client.present(tokenOfUser(t, 1, nil))
	client.expect(connectError("Origin not allowed"))
}

func TestGateway_asks_whether_a_token_was_revoked(t *testing.T) {
	t.Run("and_refuses_it_then", func(t *testing.T) {
		w := newWorld(t, Config{})
		issued := time.Now().Add(-time.Minute).Truncate(time.Second)
		given := tokenOfUser(t, 7, claimSet{"iat": issued.Unix()})
		type what struct {
			token  string
			user   int64
			issued int64
		}
		asked := make(chan what, 1)
		w.revocations.answerWith(func(_ context.Context, token string, user int64, issuedAt time.Time) (bool, error) {
			asked <- what{token, user, issuedAt.Unix()}
			return true, nil
		})
		client := w.dial(t, nil)
		client.present(given)
		client.expect(connectError("Invalid credentials"))
		require.Equal(t, what{given, 7, issued.Unix()}, receive(t, asked))
		require.Equal(t, AuthRevoked, receive(t, w.outcomes))
	})

	t.Run("and_fails_closed_if_nobody_can_say", func(t *testing.T) {
		w := newWorld(t, Config{})
		w.revocations.answerWith(func(context.Context, string, int64, time.Time) (bool, error) { return false, errors.New("away") })
		client := w.dial(t, nil)
		client.present(tokenOfUser(t, 7, nil))
		client.expect(connectError("Authentication failed"))
		require.Equal(t, AuthFailed, receive(t, w.outcomes))
		require.Zero(t, w.userCount())
		w.revocations.answerWith(nil)
		client.enter(tokenOfUser(t, 7, nil))
	})

	t.Run("and_does_not_wait_for_ever", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{RevocationTimeout: 2 * time.Second})
			w.revocations.answerWith(func(ctx context.Context, _ string, _ int64, _ time.Time) (bool, error) {
				<-ctx.Done()
				return false, ctx.Err()
			})
			client := w.dial(t, nil)
			client.present(tokenOfUser(t, 7, nil))
			begin := time.Now()
			client.expect(connectError("Authentication failed"))
			require.Equal(t, 2*time.Second, time.Since(begin))
		})
	})

	t.Run("and_lets_nobody_in_who_is_gone_by_then", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{})
			w.revocations.answerWith(func(ctx context.Context, _ string, _ int64, _ time.Time) (bool, error) {
				<-ctx.Done()
				return false, nil
			})
			client := w.dial(t, nil)
			client.present(tokenOfUser(t, 7, nil))
			synctest.Wait()
			client.close()
			synctest.Wait()
			require.Zero(t, w.Connections())
			time.Sleep(5 * time.Second)
			require.Zero(t, w.userCount())
			require.Empty(t, w.outcomes)
		})
	})
}

func TestGateway_ends_a_session_whose_token_runs_out(t *testing.T) {
	t.Run("and_tells_it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{})
			ada, bob := w.connect(t, 1), w.dial(t, nil)
			bob.enter(tokenOfUser(t, 2, claimSet{"exp": time.Now().Add(5 * time.Second).Unix()}))
			ada.join("42")
			bob.join("42")
			ada.next()
			begin := time.Now()
			bob.expect(`42["auth:expired",{}]`)
			require.Equal(t, 5*time.Second, time.Since(begin))
			require.Equal(t, websocket.CloseNormalClosure, bob.expectClose())
			bob.close()
			ada.expect(`42["room:userLeft",{"userId":2}]`)
			ada.expectNothing("42")
		})
	})

	t.Run("but_not_its_successor_on_the_same_connection", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newBubble(t, Config{})
			ada := w.dial(t, nil)
			ada.enter(tokenOfUser(t, 1, claimSet{"exp": time.Now().Add(10 * time.Second).Unix()}))
			ada.send("41")
			ada.enter(tokenOfUser(t, 1, nil))
			time.Sleep(time.Minute)
			ada.expectNothing("")
		})
	})
}

func TestGateway_ConnectionsPerUser(t *testing.T) {
	w := newWorld(t, Config{ConnectionsPerUser: 2})
	phone, laptop := w.connect(t, 1), w.connect(t, 1)
	third := w.dial(t, nil)
	third.present(tokenOfUser(t, 1, nil))
	third.expect(connectError("Too many connections"))
	w.connect(t, 2) // others are others
	phone.send("41")
	eventually(t, func() bool { return w.sessionsOf(1) == 1 }, "the phone's session is still there")
	third.enter(tokenOfUser(t, 1, nil))
	phone.present(tokenOfUser(t, 1, nil))
	phone.expect(connectError("Too many connections"))
	laptop.close()
	eventually(t, func() bool { return w.sessionsOf(1) == 1 }, "the laptop's session is still there")
	phone.enter(tokenOfUser(t, 1, nil))
	require.Equal(t, 2, w.sessionsOf(1))
}

func TestGateway_ConnectionsPerAddress(t *testing.T) {
	w := newWorld(t, Config{ConnectionsPerAddress: 2})
	first := w.connect(t, 1)
	w.dial(t, nil) // unauthenticated ones count too
	eventually(t, func() bool { return w.addressCount("127.0.0.1") == 2 }, "two are counted")
	for range 3 {
		ws, _, err := w.dialer.Dial("ws://audioroom.test/socket.io/?EIO=4&transport=websocket", nil)
		require.NoError(t, err)
		third := &peer{t: t, ws: ws}
		require.Equal(t, websocket.CloseTryAgainLater, third.expectClose())
		ws.Close()
	}
	first.close()
	eventually(t, func() bool { return w.Connections() == 1 }, "the connection is still there")
	eventually(t, func() bool { return w.addressCount("127.0.0.1") == 1 }, "the address is still counted")
	w.connect(t, 2)
}

func TestGateway_Refuse_and_Shutdown(t *testing.T) {
	w := newWorld(t, Config{})
	ada := w.connect(t, 1)
	w.Refuse()
	_, response, err := w.dialer.Dial("ws://audioroom.test/socket.io/?EIO=4&transport=websocket", nil)
	require.Error(t, err)
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	ada.join("42")
	ended := make(chan int, 1)
	go func() { ended <- ada.expectClose() }()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, w.Shutdown(ctx))
	require.Equal(t, websocket.CloseServiceRestart, receive(t, ended))
	require.Zero(t, w.userCount())
}

func (w *world) addressCount(host string) int {
	w.Gateway.mu.Lock()
	defer w.Gateway.mu.Unlock()
	return w.addresses[host]
}

func (w *world) sessionsOf(user int) int { return len(w.users.of(room.UserID(user))) }
