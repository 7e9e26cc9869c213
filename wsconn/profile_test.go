package wsconn

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// publicFields are what others may know of a user, in their order.
var publicFields = []string{"id", "name", "signature", "avatar", "frame", "gender", "country", "wealth_xp", "charm_xp", "isSpeaker"}

// privateClaims must never leave the server.
var privateClaims = []string{"email", "phone", "date_of_birth", "coins", "diamonds", "is_blocked", "vip_level", "iat", "exp"}

// requireProfile checks that a profile is one object with exactly the public
// fields, in their order.
func requireProfile(t require.TestingT, profile []byte) {
	decoder := json.NewDecoder(bytes.NewReader(profile))
	first, err := decoder.Token()
	require.NoError(t, err)
	require.Equal(t, json.Delim('{'), first)
	var names []string
	for decoder.More() {
		name, err := decoder.Token()
		require.NoError(t, err)
		names = append(names, name.(string))
		var value json.RawMessage
		require.NoError(t, decoder.Decode(&value))
	}
	require.Equal(t, publicFields, names)
	require.True(t, json.Valid(profile))
}

func profileOf(t require.TestingT, claims string) string {
	who, err := testVerifier.verify(handmade(`{"alg":"HS256"}`, claims, secret), time.Unix(1_800_000_000, 0))
	require.NoError(t, err, claims)
	return string(who.profile)
}

func TestProfile(t *testing.T) {
	const exp = `"exp":1800000001,`
	for what, c := range map[string]struct{ claims, want string }{
		"what is absent is null": {
			`{` + exp + `"id":7,"name":"Ada"}`,
			`{"id":7,"name":"Ada","signature":null,"avatar":null,"frame":null,"gender":null,"country":null,"wealth_xp":null,"charm_xp":null,"isSpeaker":null}`,
		},
		"null stays null": {
			`{` + exp + `"id":7,"name":"Ada","signature":null,"avatar":null,"frame":null,"gender":null,"country":null,"wealth_xp":null,"charm_xp":null,"isSpeaker":null}`,
			`{"id":7,"name":"Ada","signature":null,"avatar":null,"frame":null,"gender":null,"country":null,"wealth_xp":null,"charm_xp":null,"isSpeaker":null}`,
		},
		"everything, and nothing private": {
			`{"isSpeaker":true,"charm_xp":4,"wealth_xp":"3","country":"SE","gender":"female","frame":"f","avatar":"https://a/b.png","signature":"hi",` + exp +
				`"email":"a@b.c","phone":"+46","date_of_birth":"1990-01-01","coins":5,"diamonds":6,"is_blocked":false,"vip_level":9,"name":"Ada","id":7}`,
			`{"id":7,"name":"Ada","signature":"hi","avatar":"https://a/b.png","frame":"f","gender":"female","country":"SE","wealth_xp":"3","charm_xp":4,"isSpeaker":true}`,
		},
		"white space is taken out": {
			`{` + exp + `"id":7,"name":"Ada","frame":{ "a" : [ 1 , 2 ],` + "\n" + `"b": " c " } }`,
			`{"id":7,"name":"Ada","signature":null,"avatar":null,"frame":{"a":[1,2],"b":" c "},"gender":null,"country":null,"wealth_xp":null,"charm_xp":null,"isSpeaker":null}`,
		},
		"a name to escape": {
			`{` + exp + `"id":7,"name":"A\"\\d\na\u2028🎤"}`,
			`{"id":7,"name":"A\"\\d\u000aa` + "\u2028" + `🎤","signature":null,"avatar":null,"frame":null,"gender":null,"country":null,"wealth_xp":null,"charm_xp":null,"isSpeaker":null}`,
		},
	} {
		t.Run(what, func(t *testing.T) {
			got := profileOf(t, c.claims)
			require.Equal(t, c.want, got)
			requireProfile(t, []byte(got))
		})
	}
}

func TestProfile_keeps_what_is_private(t *testing.T) {
	claims := claimsOfUser(7, nil)
	for _, name := range append([]string{"password", "token", "__proto__"}, privateClaims...) {
		switch name {
		case "iat", "exp":
		case "is_blocked":
			claims[name] = 0
		default:
			claims[name] = "PRIVATE"
		}
	}
	who, err := testVerifier.verify(token(t, secret, claims), time.Now())
	require.NoError(t, err)
	require.NotContains(t, string(who.profile), "PRIVATE")
	for _, name := range privateClaims {
		require.NotContains(t, string(who.profile), `"`+name+`"`)
	}
}

// Whatever a user chose as their name or signature, it stays a value.
func TestProfile_cannot_be_injected_into(t *testing.T) {
	attempts := []string{`","id":1,"x":"`, `"}],"seats":[{"`, `\","id":1,"x":"`, "\x00\x1f", `</script>`, "\u2028\u2029", `\`, `"`, `\u0022,`}
	for _, attempt := range attempts {
		claims := claimsOfUser(7, claimSet{"name": attempt})
		for _, name := range publicFields[2:] {
			claims[name] = attempt
		}
		who, err := testVerifier.verify(token(t, secret, claims), time.Now())
		require.NoError(t, err)
		requireProfile(t, who.profile)
		var got map[string]any
		require.NoError(t, json.Unmarshal(who.profile, &got))
		for _, name := range publicFields[1:] {
			require.Equal(t, attempt, got[name], name)
		}
		require.EqualValues(t, 7, got["id"])
	}
	rapid.Check(t, func(t *rapid.T) {
		values := make(map[string]any)
		for _, name := range publicFields[2:] {
			values[name] = rapid.OneOf(rapid.String().AsAny(), rapid.Int32().AsAny(), rapid.SliceOf(rapid.String()).AsAny(),
				rapid.MapOf(rapid.String(), rapid.String()).AsAny()).Draw(t, name)
		}
		values["id"], values["exp"] = 7, 1_900_000_000
		values["name"] = rapid.StringN(1, -1, 200).Draw(t, "name")
		got := profileOf(t, mustJSON(values))
		requireProfile(t, []byte(got))
		var decoded map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(got), &decoded))
		for _, name := range publicFields {
			require.JSONEq(t, mustJSON(values[name]), string(decoded[name]), name)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	long := tokenOfUser(b, 7, claimSet{"avatar": "https://example.org/" + strings.Repeat("a", 100), "wealth_xp": 12, "email": "a@example.org"})
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := testVerifier.verify(long, now); err != nil {
			b.Fatal(err)
		}
	}
}
