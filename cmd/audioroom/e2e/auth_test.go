package e2e_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

func ago(d time.Duration) int64 { return time.Now().Add(-d).Unix() }

func TestAuthentication(t *testing.T) {
	t.Parallel()
	const invalid = "Invalid credentials"
	user := harness.NewUser()
	claims := harness.Claims{"id": user, "name": "Ada", "iat": ago(0), "exp": ago(-time.Hour)}
	sign := func(method jwt.SigningMethod, key any) P {
		return P{"token": harness.Sign(t, method, claims, key)}
	}
	with := func(over harness.Claims) P { return P{"token": harness.Token(t, user, over)} }
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	good := harness.Token(t, user, nil)

	refused := []struct {
		what    string
		how     harness.Opening
		message string
	}{
		{"no auth", harness.Opening{Auth: harness.NoAuth}, "Authentication required"},
		{"auth without a token", harness.Opening{Auth: P{"ticket": good}}, "Authentication required"},
		{"an empty token", harness.Opening{Auth: P{"token": ""}}, "Authentication required"},
		{"a null token", harness.Opening{Auth: P{"token": nil}}, "Authentication required"},
		{"what is no token", harness.Opening{Auth: P{"token": "abc"}}, invalid},
		{"a token cut short", harness.Opening{Auth: P{"token": good[:len(good)-4]}}, invalid},
		{"another secret", harness.Opening{Auth: sign(jwt.SigningMethodHS256, []byte("a secret that nobody told the server of"))}, invalid},
		{"alg none", harness.Opening{Auth: sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType)}, invalid},
		{"alg HS384", harness.Opening{Auth: sign(jwt.SigningMethodHS384, []byte(harness.Secret))}, invalid},
		{"alg HS512", harness.Opening{Auth: sign(jwt.SigningMethodHS512, []byte(harness.Secret))}, invalid},
		{"alg RS256", harness.Opening{Auth: sign(jwt.SigningMethodRS256, rsaKey)}, invalid},
		{"a header that says RS256 over an HMAC", harness.Opening{Auth: P{"token": harness.WithHeaderOf(good, harness.Sign(t, jwt.SigningMethodRS256, claims, rsaKey))}}, invalid},
		{"a header that says none over an HMAC", harness.Opening{Auth: P{"token": harness.WithHeaderOf(good, harness.Sign(t, jwt.SigningMethodNone, claims, jwt.UnsafeAllowNoneSignatureType))}}, invalid},
		{"an expired token", harness.Opening{Auth: with(harness.Claims{"exp": ago(10 * time.Second)})}, invalid},
		{"no exp and an iat of more than a day ago", harness.Opening{Auth: with(harness.Claims{"exp": nil, "iat": ago(25 * time.Hour)})}, invalid},
		{"neither exp nor iat", harness.Opening{Auth: with(harness.Claims{"exp": nil, "iat": nil})}, invalid},
		{"no id", harness.Opening{Auth: with(harness.Claims{"id": nil})}, invalid},
		{"an id of 0", harness.Opening{Auth: with(harness.Claims{"id": 0})}, invalid},
		{"a negative id", harness.Opening{Auth: with(harness.Claims{"id": -7})}, invalid},
		{"a fractional id", harness.Opening{Auth: with(harness.Claims{"id": 7.5})}, invalid},
		{"an id in quotes", harness.Opening{Auth: with(harness.Claims{"id": "7"})}, invalid},
		{"no name", harness.Opening{Auth: with(harness.Claims{"name": nil})}, invalid},
		{"a name that is none", harness.Opening{Auth: with(harness.Claims{"name": 7})}, invalid},
		{"a blocked user", harness.Opening{Auth: with(harness.Claims{"is_blocked": true})}, invalid},
		{"a bad token in the header", harness.Opening{Auth: harness.NoAuth, Headers: map[string]string{"Authorization": "Bearer abc"}}, invalid},
		{"another scheme in the header", harness.Opening{Auth: harness.NoAuth, Headers: map[string]string{"Authorization": "Basic " + good}}, "Authentication required"},
	}
	for _, c := range refused {
		in(t, "refuses "+c.what, func(t *testing.T) {
			assert.Equal(t, c.message, shared(t).Open(t, c.how).ConnectError())
		})
	}

	full, _ := harness.Profile(user)
	absent := harness.Claims{}
	for name := range full {
		absent[name] = nil
	}
	accepted := []struct {
		what string
		how  harness.Opening
	}{
		{"a good token", harness.Opening{Auth: P{"token": good}}},
		{"a token signed with the secret before", harness.Opening{Auth: sign(jwt.SigningMethodHS256, []byte(harness.OldSecret))}},
		{"no exp and an iat of less than a day ago", harness.Opening{Auth: with(harness.Claims{"exp": nil, "iat": ago(23 * time.Hour)})}},
		{"an old iat if there is an exp", harness.Opening{Auth: with(harness.Claims{"iat": ago(48 * time.Hour)})}},
		{"the header's token if there is no other", harness.Opening{Auth: harness.NoAuth, Headers: map[string]string{"Authorization": "Bearer " + good}}},
		{"auth's token before the header's", harness.Opening{Auth: P{"token": good}, Headers: map[string]string{"Authorization": "Bearer abc"}}},
		{"every optional claim", harness.Opening{Auth: with(full)}},
	}
	for _, c := range accepted {
		in(t, "accepts "+c.what, func(t *testing.T) {
			shared(t).Open(t, c.how).Connected()
		})
	}

	in(t, "takes null claims for absent ones", func(t *testing.T) {
		for name := range absent {
			if name == "id" || name == "name" {
				continue
			}
			null := harness.Claims{"id": harness.NewUser(), "name": "Ada", "exp": ago(-time.Hour), name: nil}
			token := harness.Sign(t, jwt.SigningMethodHS256, null, []byte(harness.Secret))
			if name == "exp" {
				null["iat"] = ago(0)
				token = harness.Sign(t, jwt.SigningMethodHS256, null, []byte(harness.Secret))
			}
			shared(t).Open(t, harness.Opening{Auth: P{"token": token}}).Connected()
		}
	})
}

func TestAuthentication_Revocation(t *testing.T) {
	t.Parallel()

	in(t, "refuses a revoked token and no other of its user", func(t *testing.T) {
		w, user := shared(t), harness.NewUser()
		token := harness.Token(t, user, harness.Claims{"jti": "a"})
		w.Open(t, harness.Opening{Auth: P{"token": token}}).Connected()
		sum := sha256.Sum256([]byte(token))
		w.Redis.Set(t, "auth:revoked:"+hex.EncodeToString(sum[:]), "1")
		assert.Equal(t, "Invalid credentials", w.Open(t, harness.Opening{Auth: P{"token": token}}).ConnectError())
		w.Open(t, harness.Opening{User: user, Claims: harness.Claims{"jti": "b"}}).Connected()
	})

	in(t, "refuses tokens from before their user was revoked", func(t *testing.T) {
		w, user := shared(t), harness.NewUser()
		revoked := ago(time.Minute)
		w.Redis.Set(t, fmt.Sprintf("auth:user_revoked:%d", user), strconv.FormatInt(revoked, 10))
		before := harness.Opening{User: user, Claims: harness.Claims{"iat": revoked - 1}}
		after := harness.Opening{User: user, Claims: harness.Claims{"iat": revoked + 1}}
		assert.Equal(t, "Invalid credentials", w.Open(t, before).ConnectError())
		w.Open(t, after).Connected()
		w.Connect(t, harness.NewUser())
	})

	in(t, "refuses everyone while it can't be checked", func(t *testing.T) {
		w := stage.World(t, harness.Setup{})
		w.Connect(t, harness.NewUser())
		w.Redis.Stop()
		assert.Equal(t, "Authentication failed", w.Open(t, harness.Opening{User: harness.NewUser()}).ConnectError())
		require.NoError(t, w.Redis.Start())
		require.NoError(t, w.Server.Ready())
		w.Connect(t, harness.NewUser())
	})
}

func TestAuthentication_Origin(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, origin string) *harness.Socket {
		how := harness.Opening{User: harness.NewUser(), Headers: map[string]string{"Origin": origin}}
		return shared(t).Open(t, how)
	}
	for _, origin := range []string{"https://app.example.test", "https://www.example.test"} {
		in(t, "accepts "+origin, func(t *testing.T) { open(t, origin).Connected() })
	}
	for _, origin := range []string{
		"https://evil.test", "http://app.example.test", "https://app.example.test:8443", "https://app.example.test.evil.test",
		"https://example.test", "https://sub.app.example.test", "https://app.example.test/", "null",
	} {
		in(t, "refuses "+origin, func(t *testing.T) {
			assert.Equal(t, "Origin not allowed", open(t, origin).ConnectError())
		})
	}
	in(t, "is looked at before the token", func(t *testing.T) {
		how := harness.Opening{Auth: harness.NoAuth, Headers: map[string]string{"Origin": "https://evil.test"}}
		assert.Equal(t, "Origin not allowed", shared(t).Open(t, how).ConnectError())
	})
}

func TestAuthentication_ExpiresWhileConnected(t *testing.T) {
	t.Parallel()
	r := room(t)
	b := r.Join()
	a := shared(t).Open(t, harness.Opening{User: harness.NewUser(), Claims: harness.Claims{"exp": ago(-4 * time.Second)}}).Connected()
	r.Enter(a)
	a.Do("seat:take", seat(0))
	b.Expect("seat:updated", updated(0, a.User))
	told := a.Expect("auth:expired", P{})
	closed := a.Disconnected()
	assert.Less(t, told.N, closed.N)
	r.Without(a)
	b.Expect("seat:cleared", seat(0))
	b.Expect("room:userLeft", P{"userId": a.User})
	r.Settled()
}
