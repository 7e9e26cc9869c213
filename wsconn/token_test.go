package wsconn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The secrets of these tests: the current one and the one before it.
const (
	secret    = "a secret of these tests, long enough"
	oldSecret = "the secret before it, also long enough"
)

// claimSet is what a token says. A nil value leaves the claim out.
type claimSet map[string]any

// tokenOfUser returns a valid token of a user, with some claims changed.
func tokenOfUser(t testing.TB, user int, over claimSet) string {
	return token(t, secret, claimsOfUser(user, over))
}

func claimsOfUser(user int, over claimSet) claimSet {
	now := time.Now()
	claims := claimSet{"id": user, "name": "Ada", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for name, value := range over {
		if value == nil {
			delete(claims, name)
		} else {
			claims[name] = value
		}
	}
	return claims
}

// token signs claims as the backend does.
func token(t testing.TB, secret string, claims claimSet) string {
	t.Helper()
	body, err := json.Marshal(claims)
	require.NoError(t, err)
	return handmade(`{"alg":"HS256","typ":"JWT"}`, string(body), secret)
}

// handmade signs any header and any body with HMAC SHA-256.
func handmade(header, body, secret string) string {
	signed := segment(header) + "." + segment(body)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + segment(string(mac.Sum(nil)))
}

func segment(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
