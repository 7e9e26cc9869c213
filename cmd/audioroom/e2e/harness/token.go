package harness

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

// The secrets that a World accepts: the current one and the one before.
const (
	Secret    = "the-secret-of-the-end-to-end-tests-now"
	OldSecret = "the-secret-of-the-end-to-end-tests-before"
)

// Claims are a token's claims.
type Claims = map[string]any

// Profile returns the claims of a user with everything set that a token may
// say, and what others get to see of them.
func Profile(user int64) (claims Claims, public P) {
	public = P{
		"id": user, "name": "Ada", "signature": "hello", "avatar": "https://img.test/a.png",
		"frame": "gold", "gender": "f", "country": "EG", "wealth_xp": 120.5, "charm_xp": 7, "isSpeaker": true,
	}
	claims = Claims{
		"email": "ada@example.test", "phone": "+200000000", "date_of_birth": "1990-01-01",
		"coins": 10, "diamonds": 20, "is_blocked": false, "vip_level": 3,
		"exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(claims, public)
	return claims, public
}

// Token mints a token of a user that is valid for an hour. The claims given are
// put over the usual ones; nil takes one away.
func Token(t testing.TB, user int64, over Claims) string {
	t.Helper()
	claims := Claims{"id": user, "name": "Ada", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range over {
		if value == nil {
			delete(claims, name)
		} else {
			claims[name] = value
		}
	}
	return Sign(t, jwt.SigningMethodHS256, claims, []byte(Secret))
}

// Sign signs claims with any method and key.
func Sign(t testing.TB, method jwt.SigningMethod, claims Claims, key any) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, jwt.MapClaims(claims)).SignedString(key)
	require.NoError(t, err)
	return token
}

// WithHeaderOf returns a token with the header of another one.
func WithHeaderOf(token, other string) string {
	_, rest, _ := strings.Cut(token, ".")
	head, _, _ := strings.Cut(other, ".")
	return head + "." + rest
}
