package wsconn

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// base64url is the alphabet of a token's parts, in the order of its values.
const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// A token is revoked by the hash of its letters. Were there another spelling of
// it that verifies as well, revoking it would be of no use.
func TestVerify_refuses_another_spelling_of_a_good_token(t *testing.T) {
	now := time.Now()
	refuses := func(t *testing.T, respelt, what string) {
		t.Helper()
		_, err := testVerifier.verify(respelt, now)
		require.ErrorIs(t, err, errCredentials, what)
	}
	for _, padding := range []string{"", "x", "xx"} { // so that parts end with 0, 2 and 4 bits to spare
		good := tokenOfUser(t, 7, claimSet{"padding": padding})
		_, err := testVerifier.verify(good, now)
		require.NoError(t, err)

		t.Run("with_line_breaks_and_spaces", func(t *testing.T) {
			for _, stray := range []string{"\n", "\r", "\r\n", "\n\n\n", " ", "\t", "\x00", "=", "%0A", "\u2028", "\u200b", "\ufeff"} {
				for i := range len(good) + 1 {
					refuses(t, good[:i]+stray+good[i:], fmt.Sprintf("%q at %d", stray, i))
				}
			}
		})

		t.Run("with_other_bits_to_spare_at_the_end_of_a_part", func(t *testing.T) {
			parts := strings.Split(good, ".")
			for i, part := range parts {
				last := strings.IndexByte(base64url, part[len(part)-1])
				for other := range 64 {
					if other == last {
						continue
					}
					respelt := append([]string(nil), parts...)
					respelt[i] = part[:len(part)-1] + base64url[other:other+1]
					refuses(t, strings.Join(respelt, "."), fmt.Sprintf("part %d ends with %d, not %d", i, other, last))
				}
			}
		})

		t.Run("with_the_letters_of_the_other_alphabet", func(t *testing.T) {
			other := strings.NewReplacer("-", "+", "_", "/").Replace(good)
			if other != good {
				refuses(t, other, other)
			}
			refuses(t, strings.ReplaceAll(good, ".", "=."), "padding")
			refuses(t, strings.ToUpper(good), "upper case")
		})
	}
}

// The client itself presents the other spellings.
func TestGateway_refuses_another_spelling_of_a_good_token(t *testing.T) {
	w := newWorld(t, Config{})
	good := tokenOfUser(t, 7, nil)
	end := len(good) - 1
	sibling := base64url[strings.IndexByte(base64url, good[end])^1]
	client := w.dial(t, nil)
	for _, respelt := range []string{good + "\n", good + "\r\n", good[:9] + "\n" + good[9:], "\r" + good, good[:end] + string(sibling)} {
		client.present(respelt)
		client.expect(connectError("Invalid credentials"))
		require.Equal(t, AuthInvalid, receive(t, w.outcomes))
	}
	client.enter(good)
}

func TestVerify_takes_registered_claims_of_any_type(t *testing.T) {
	now := time.Now()
	for _, name := range []string{"sub", "jti", "aud", "iss"} {
		for _, value := range []any{7, "7", 7.5, true, []int{7}, []string{"app"}, map[string]int{"id": 7}} {
			who, err := testVerifier.verify(tokenOfUser(t, 7, claimSet{name: value}), now)
			require.NoError(t, err, "%s of %v", name, value)
			require.EqualValues(t, 7, who.user)
		}
	}
	all := claimSet{"sub": 7, "jti": 12, "aud": 3, "iss": "https://app.example"}
	_, err := testVerifier.verify(tokenOfUser(t, 7, all), now)
	require.NoError(t, err)
}

func TestVerify_refuses_claims_that_are_not_UTF8(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, bad := range []string{"\xff", "\xc3", "a\x80b", "\xed\xa0\x80", "\xf4\x90\x80\x80"} {
		for _, name := range publicFields[2:] {
			for _, value := range []string{`"` + bad + `"`, `["` + bad + `"]`, `{"` + bad + `":1}`} {
				claims := `{"exp":1800000001,"id":7,"name":"Ada","` + name + `":` + value + `}`
				_, err := testVerifier.verify(handmade(`{"alg":"HS256"}`, claims, secret), now)
				require.ErrorIs(t, err, errCredentials, "%q", claims)
			}
		}
		// A name is read, not passed on as it is: what is no UTF-8 does not get out.
		who, err := testVerifier.verify(handmade(`{"alg":"HS256"}`, `{"exp":1800000001,"id":7,"name":"A`+bad+`"}`, secret), now)
		if err == nil {
			require.True(t, isUTF8(who.profile), "%q", who.profile)
			require.True(t, isUTF8(who.name), "%q", who.name)
		}
		// What nobody is told may be anything.
		_, err = testVerifier.verify(handmade(`{"alg":"HS256"}`, `{"exp":1800000001,"id":7,"name":"Ada","email":"`+bad+`"}`, secret), now)
		require.NoError(t, err)
	}
}

func isUTF8(b []byte) bool { return strings.ToValidUTF8(string(b), "") == string(b) }
