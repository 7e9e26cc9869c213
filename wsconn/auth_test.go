package wsconn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

var testVerifier = newVerifier([]string{secret, oldSecret})

func TestVerify_takes(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	for what, c := range map[string]struct {
		token   string
		expires time.Time
	}{
		"a token of the current secret":              {token(t, secret, claimsOfUser(7, nil)), now.Add(time.Hour)},
		"a token of the secret before it":            {token(t, oldSecret, claimsOfUser(7, nil)), now.Add(time.Hour)},
		"a token without a type":                     {handmade(`{"alg":"HS256"}`, fmt.Sprintf(`{"id":7,"name":"Ada","exp":%d}`, now.Unix()+60), secret), now.Add(time.Minute)},
		"a token that never says when it was issued": {tokenOfUser(t, 7, claimSet{"iat": nil}), now.Add(time.Hour)},
		"no exp and a fresh iat":                     {tokenOfUser(t, 7, claimSet{"exp": nil}), now.Add(tokenLife)},
		"a null exp and an iat of 23 hours ago": {handmade(`{"alg":"HS256"}`, fmt.Sprintf(`{"id":7,"name":"Ada","exp":null,"iat":%d}`,
			now.Add(-23*time.Hour).Unix()), secret), now.Add(time.Hour)},
		"an exp that outlives the iat's day": {tokenOfUser(t, 7, claimSet{"exp": now.Add(90 * 24 * time.Hour).Unix()}), now.Add(90 * 24 * time.Hour)},
		"an old iat with an exp to come":     {tokenOfUser(t, 7, claimSet{"iat": now.Add(-48 * time.Hour).Unix()}), now.Add(time.Hour)},
		"an exp with a fraction":             {tokenOfUser(t, 7, claimSet{"exp": float64(now.Add(time.Minute).Unix()) + 0.5}), now.Add(time.Minute)},
		"an exp of the year 58,000":          {tokenOfUser(t, 7, claimSet{"exp": int64(1_767_225_600_000)}), time.UnixMilli(1_767_225_600_000_000)},
		"an nbf within the leeway":           {tokenOfUser(t, 7, claimSet{"nbf": now.Add(clockSkew - time.Second).Unix()}), now.Add(time.Hour)},
		"an iat within the leeway":           {tokenOfUser(t, 7, claimSet{"iat": now.Add(clockSkew - time.Second).Unix()}), now.Add(time.Hour)},
		"an nbf in the past":                 {tokenOfUser(t, 7, claimSet{"nbf": now.Add(-time.Hour).Unix()}), now.Add(time.Hour)},
		"is_blocked false":                   {tokenOfUser(t, 7, claimSet{"is_blocked": false}), now.Add(time.Hour)},
		"is_blocked 0":                       {tokenOfUser(t, 7, claimSet{"is_blocked": 0}), now.Add(time.Hour)},
		`is_blocked "0"`:                     {tokenOfUser(t, 7, claimSet{"is_blocked": "0"}), now.Add(time.Hour)},
		"is_blocked empty":                   {tokenOfUser(t, 7, claimSet{"is_blocked": ""}), now.Add(time.Hour)},
		"is_blocked null":                    {tokenOfUser(t, 7, claimSet{"is_blocked": json.RawMessage("null")}), now.Add(time.Hour)},
		"claims that nobody knows":           {tokenOfUser(t, 7, claimSet{"roles": []string{"x"}, "n": 1}), now.Add(time.Hour)},
		"a token as long as tokens may be":   {padded(t, maxToken), now.Add(time.Hour)},
	} {
		t.Run(what, func(t *testing.T) {
			who, err := testVerifier.verify(c.token, now)
			require.NoError(t, err)
			require.EqualValues(t, 7, who.user)
			require.Equal(t, c.token, who.token)
			require.WithinDuration(t, c.expires, who.expiresAt, 3*time.Second) // tokens are made after now
		})
	}
}

func TestVerify_takes_every_id_that_clients_can_count_to(t *testing.T) {
	for _, id := range []int{1, 2, maxUserID - 1, maxUserID} {
		who, err := testVerifier.verify(tokenOfUser(t, id, nil), time.Now())
		require.NoError(t, err)
		require.EqualValues(t, id, who.user)
	}
}

// padded returns a valid token of that many bytes, give or take two.
func padded(t *testing.T, size int) string {
	for fill := size/4*3 - 200; ; fill++ {
		made := tokenOfUser(t, 7, claimSet{"padding": strings.Repeat("x", fill)})
		if len(made) >= size-1 {
			return made
		}
	}
}

func TestVerify_refuses(t *testing.T) {
	now := time.Now()
	good := claimsOfUser(7, nil)
	plain := token(t, secret, good)
	other := strings.Split(tokenOfUser(t, 8, nil), ".")
	parts := strings.Split(plain, ".")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	sign := func(method jwt.SigningMethod, key any) string {
		signed, err := jwt.NewWithClaims(method, jwt.MapClaims(good)).SignedString(key)
		require.NoError(t, err)
		return signed
	}
	with := func(name string, value any) string {
		return token(t, secret, claimsOfUser(7, claimSet{name: value}))
	}
	body := func(claims string) string { return handmade(`{"alg":"HS256"}`, claims, secret) }
	soon := now.Add(time.Hour).Unix()

	refused := map[string]string{
		"alg none":                            sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
		"alg none with a signature":           handmade(`{"alg":"none"}`, mustJSON(good), secret),
		"alg None":                            handmade(`{"alg":"None"}`, mustJSON(good), secret),
		"alg hs256":                           handmade(`{"alg":"hs256"}`, mustJSON(good), secret),
		"alg empty":                           handmade(`{"alg":""}`, mustJSON(good), secret),
		"alg null":                            handmade(`{"alg":null}`, mustJSON(good), secret),
		"alg a number":                        handmade(`{"alg":256}`, mustJSON(good), secret),
		"no alg":                              handmade(`{"typ":"JWT"}`, mustJSON(good), secret),
		"HS384":                               sign(jwt.SigningMethodHS384, []byte(secret)),
		"HS512":                               sign(jwt.SigningMethodHS512, []byte(secret)),
		"RS256":                               sign(jwt.SigningMethodRS256, rsaKey),
		"PS256":                               sign(jwt.SigningMethodPS256, rsaKey),
		"ES256":                               sign(jwt.SigningMethodES256, ecKey),
		"an HMAC that says RS256":             handmade(`{"alg":"RS256"}`, mustJSON(good), secret),
		"another secret":                      token(t, "a secret that nobody told this server of", good),
		"an empty secret":                     token(t, "", good),
		"the secret's beginning":              token(t, secret[:len(secret)-1], good),
		"another's claims":                    parts[0] + "." + other[1] + "." + parts[2],
		"another's signature":                 parts[0] + "." + parts[1] + "." + other[2],
		"another header":                      segment(`{"alg":"HS256","typ":"JWS"}`) + "." + parts[1] + "." + parts[2],
		"a signature cut short":               plain[:len(plain)-1],
		"no signature":                        parts[0] + "." + parts[1] + ".",
		"two parts":                           parts[0] + "." + parts[1],
		"four parts":                          plain + "." + parts[2],
		"five parts":                          plain + "..",
		"nothing":                             "",
		"dots":                                "..",
		"garbage":                             "garbage",
		"what is no base64":                   "!!.??.##",
		"what is no JSON":                     handmade("header", "claims", secret),
		"a header that is no object":          handmade(`["HS256"]`, mustJSON(good), secret),
		"claims that are no object":           body(`[7,"Ada"]`),
		"claims that are null":                body(`null`),
		"claims and more":                     body(mustJSON(good) + "{}"),
		"spaces around":                       " " + plain + " ",
		"padding":                             plain + "=",
		"a Bearer before it":                  "Bearer " + plain,
		"too long":                            padded(t, maxToken+8),
		"no id":                               with("id", nil),
		"a null id":                           body(fmt.Sprintf(`{"id":null,"name":"Ada","exp":%d}`, soon)),
		"an id of 0":                          with("id", 0),
		"an id below 0":                       with("id", -7),
		"a fractional id":                     with("id", 7.5),
		"an id in quotes":                     with("id", "7"),
		"an id of true":                       with("id", true),
		"an id in a list":                     with("id", []int{7}),
		"an id of 2^53":                       with("id", int64(1<<53)),
		"an id of 2^63":                       with("id", json.RawMessage("9223372036854775808")),
		"an id that wraps around to 7":        with("id", json.RawMessage("18446744073709551623")),
		"no name":                             with("name", nil),
		"a null name":                         body(fmt.Sprintf(`{"id":7,"name":null,"exp":%d}`, soon)),
		"an empty name":                       with("name", ""),
		"a number for a name":                 with("name", 7),
		"an object for a name":                with("name", map[string]string{"first": "Ada"}),
		"an exp in the past":                  with("exp", now.Add(-time.Second).Unix()),
		"an exp of this moment":               with("exp", now.Unix()),
		"an exp of 0":                         with("exp", 0),
		"an exp below 0":                      with("exp", -1),
		"an exp that is a date":               with("exp", "2099-01-01"),
		"an exp that is an object":            with("exp", map[string]int{"at": 1}),
		"no exp and an iat of a day ago":      token(t, secret, claimsOfUser(7, claimSet{"exp": nil, "iat": now.Add(-tokenLife).Unix()})),
		"no exp and an iat of long ago":       token(t, secret, claimsOfUser(7, claimSet{"exp": nil, "iat": 0})),
		"no exp and an iat that is a date":    token(t, secret, claimsOfUser(7, claimSet{"exp": nil, "iat": "today"})),
		"neither exp nor iat":                 token(t, secret, claimsOfUser(7, claimSet{"exp": nil, "iat": nil})),
		"an nbf beyond the leeway":            with("nbf", now.Add(clockSkew+2*time.Second).Unix()),
		"an iat beyond the leeway":            with("iat", now.Add(clockSkew+2*time.Second).Unix()),
		"an nbf of the far future":            with("nbf", math.MaxInt32*int64(1000)),
		"an exp long past and an iat to come": token(t, secret, claimsOfUser(7, claimSet{"exp": 1, "iat": soon})),
	}
	for what, value := range map[string]any{
		"true": true, "1": 1, `"1"`: "1", `"true"`: "true", "a date": "2024-01-01", "2": 2, "-1": -1, "an object": map[string]any{}, "a list": []int{},
	} {
		refused["is_blocked "+what] = with("is_blocked", value)
	}
	for what, token := range refused {
		t.Run(what, func(t *testing.T) {
			who, err := testVerifier.verify(token, now)
			require.ErrorIs(t, err, errCredentials)
			require.Nil(t, who)
			if len(token) > 8 {
				require.NotContains(t, err.Error(), token)
			}
		})
	}
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestVerify_refuses_a_token_with_any_letter_of_what_was_signed_changed(t *testing.T) {
	good := tokenOfUser(t, 7, nil)
	signed := good[:strings.LastIndexByte(good, '.')]
	for i := range signed {
		for _, c := range []byte{'A', 'B', '.', '=', '\n', ' '} {
			if signed[i] == c {
				continue
			}
			changed := good[:i] + string(c) + good[i+1:]
			_, err := testVerifier.verify(changed, time.Now())
			require.ErrorIs(t, err, errCredentials, changed)
		}
	}
}

func TestTokenOf(t *testing.T) {
	for what, c := range map[string]struct{ auth, header, want string }{
		"the token of the packet":                 {`{"token":"a"}`, "", "a"},
		"the packet's outranks the header's":      {`{"token":"a"}`, "Bearer b", "a"},
		"the packet's among others":               {`{"x":{"token":"c"},"token":"a","y":1}`, "Bearer b", "a"},
		"a token with escapes":                    {`{"\u0074oken":"\u0061"}`, "", "a"},
		"an empty token falls to the header":      {`{"token":""}`, "Bearer b", "b"},
		"a null token falls to the header":        {`{"token":null}`, "Bearer b", "b"},
		"a token of a number falls to the header": {`{"token":7}`, "Bearer b", "b"},
		"a token of an object falls to it":        {`{"token":{"token":"a"}}`, "Bearer b", "b"},
		"another case is another key":             {`{"Token":"a"}`, "Bearer b", "b"},
		"an empty auth":                           {`{}`, "Bearer b", "b"},
		"no auth":                                 {``, "Bearer b", "b"},
		"null for auth":                           {`null`, "Bearer b", "b"},
		"a scheme in lower case":                  {``, "bearer b", "b"},
		"a scheme in upper case":                  {``, "BEARER b", "b"},
		"spaces around":                           {``, "Bearer   b  ", "b"},
		"a scheme alone":                          {``, "Bearer ", ""},
		"a scheme and spaces":                     {``, "Bearer     ", ""},
		"a scheme without a space":                {``, "Bearerb", ""},
		"another scheme":                          {``, "Basic b", ""},
		"a bare token in the header":              {``, "b", ""},
		"neither":                                 {``, "", ""},
		"an empty token and no header":            {`{"token":""}`, "", ""},
	} {
		t.Run(what, func(t *testing.T) { require.Equal(t, c.want, tokenOf([]byte(c.auth), c.header)) })
	}
}

// FuzzVerify has garbage verified: nothing panics, and who is let in was signed
// for.
func FuzzVerify(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	for _, header := range []string{`{"alg":"HS256"}`, `{"alg":"none"}`, `{"alg":"RS256","crit":["b64"],"b64":false}`, `[]`, ``} {
		for _, body := range []string{
			`{"id":7,"name":"Ada","exp":1800000001}`, `{"id":7,"name":"Ada","iat":1800000000,"avatar":{"a":[1, 2]},"is_blocked":0}`, `{"id":7,"name":"A","exp":1e300}`,
			`{"id":7,"name":"A","exp":-1e300,"nbf":1e19}`, `{"ID":7,"NAME":"A","EXP":1900000000}`, `{"sub":7,"aud":[null]}`, `null`, ``,
		} {
			f.Add(header, body, "")
			f.Add(header, body, "a.b.c")
		}
	}
	f.Fuzz(func(t *testing.T, header, body, raw string) {
		if who, err := testVerifier.verify(raw, now); err == nil {
			t.Fatalf("let %d in without a signature", who.user)
		}
		who, err := testVerifier.verify(handmade(header, body, secret), now)
		if err != nil {
			require.ErrorIs(t, err, errCredentials)
			return
		}
		require.Positive(t, who.user)
		require.True(t, now.Before(who.expiresAt))
		requireProfile(t, who.profile)
	})
}
