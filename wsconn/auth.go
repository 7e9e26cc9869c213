package wsconn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"audioroom/actors/room"
	"audioroom/wsconn/socketio"
)

// MinSecret is the least length of a JWT secret, in bytes: HS256 is as strong as
// its key, and RFC 7518 section 3.2 asks for at least the hash's 256 bits.
const MinSecret = 32

// maxToken is the length of a token, in bytes; a longer one is not looked at.
const maxToken = 8 << 10

// tokenLife is how long a token without an expiry is good for after its issue.
const tokenLife = 24 * time.Hour

// clockSkew is how far the clock of who issues tokens may run ahead. What it says
// of the end of a token counts to the second.
const clockSkew = 30 * time.Second

// Revocations tells which tokens were taken back.
type Revocations interface {
	// Revoked reports whether a token of a user, issued at that time, was
	// revoked. It may block until ctx ends.
	Revoked(ctx context.Context, token string, user int64, issuedAt time.Time) (bool, error)
}

// identity is who a valid token speaks of.
type identity struct {
	user room.UserID
	// profile is the public profile: what others may know of the user.
	profile   []byte
	name      []byte // as a JSON string
	avatar    []byte // as JSON
	token     string
	issuedAt  time.Time
	expiresAt time.Time
}

// claims are the token's. Optional ones are passed on as they are.
type claims struct {
	timeClaims
	ID        *int64          `json:"id"`
	Name      *string         `json:"name"`
	Signature json.RawMessage `json:"signature"`
	Avatar    json.RawMessage `json:"avatar"`
	Frame     json.RawMessage `json:"frame"`
	Gender    json.RawMessage `json:"gender"`
	Country   json.RawMessage `json:"country"`
	WealthXP  json.RawMessage `json:"wealth_xp"`
	CharmXP   json.RawMessage `json:"charm_xp"`
	IsSpeaker json.RawMessage `json:"isSpeaker"`
	IsBlocked json.RawMessage `json:"is_blocked"`
}

// timeClaims are the registered claims that count here. The others may be of
// whatever type the issuer likes.
type timeClaims struct {
	ExpiresAt *jwt.NumericDate `json:"exp"`
	IssuedAt  *jwt.NumericDate `json:"iat"`
	NotBefore *jwt.NumericDate `json:"nbf"`
}

var _ jwt.Claims = timeClaims{}

// GetExpirationTime implements jwt.Claims.
func (c timeClaims) GetExpirationTime() (*jwt.NumericDate, error) { return c.ExpiresAt, nil }

// GetIssuedAt implements jwt.Claims.
func (c timeClaims) GetIssuedAt() (*jwt.NumericDate, error) { return c.IssuedAt, nil }

// GetNotBefore implements jwt.Claims.
func (c timeClaims) GetNotBefore() (*jwt.NumericDate, error) { return c.NotBefore, nil }

// GetIssuer implements jwt.Claims.
func (timeClaims) GetIssuer() (string, error) { return "", nil }

// GetSubject implements jwt.Claims.
func (timeClaims) GetSubject() (string, error) { return "", nil }

// GetAudience implements jwt.Claims.
func (timeClaims) GetAudience() (jwt.ClaimStrings, error) { return nil, nil }

// errCredentials is what every refusal of a token wraps.
var errCredentials = errors.New("wsconn: invalid credentials")

// verifier checks tokens. Any goroutine may use it.
type verifier struct {
	parser *jwt.Parser
	keys   jwt.VerificationKeySet
}

// newVerifier accepts tokens signed with any of the secrets.
func newVerifier(secrets []string) *verifier {
	v := &verifier{
		parser: jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding()),
	}
	for _, s := range secrets {
		v.keys.Keys = append(v.keys.Keys, []byte(s))
	}
	return v
}

// verify checks a token's signature and claims at the given time. Every error
// wraps errCredentials and tells no more of the token than what is wrong.
func (v *verifier) verify(token string, now time.Time) (*identity, error) {
	refuse := func(why string) (*identity, error) { return nil, fmt.Errorf("%w: %s", errCredentials, why) }
	if len(token) > maxToken {
		return refuse("too long")
	}
	if strings.ContainsFunc(token, notOfToken) {
		return refuse("stray characters")
	}
	var c claims
	if _, err := v.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return v.keys, nil }); err != nil {
		return refuse("malformed or wrongly signed")
	}
	switch {
	case c.ID == nil || *c.ID < 1 || *c.ID > maxUserID:
		return refuse("no valid id")
	case c.Name == nil || *c.Name == "":
		return refuse("no name")
	case truthy(c.IsBlocked):
		return refuse("blocked")
	case c.NotBefore != nil && now.Add(clockSkew).Before(c.NotBefore.Time):
		return refuse("not valid yet")
	case c.IssuedAt != nil && now.Add(clockSkew).Before(c.IssuedAt.Time): // it would outlive a revocation
		return refuse("issued in the future")
	}
	who := &identity{user: room.UserID(*c.ID), token: token}
	if c.IssuedAt != nil {
		who.issuedAt = c.IssuedAt.Time
	}
	switch {
	case c.ExpiresAt != nil:
		who.expiresAt = c.ExpiresAt.Time
	case c.IssuedAt != nil:
		who.expiresAt = c.IssuedAt.Add(tokenLife)
	default:
		return refuse("neither exp nor iat")
	}
	if !now.Before(who.expiresAt) {
		return refuse("expired")
	}
	who.profile = c.appendProfile(nil)
	if !utf8.Valid(who.profile) { // others would drop their connections over it
		return refuse("claims that are not UTF-8")
	}
	who.name = socketio.AppendString(nil, *c.Name)
	who.avatar = compact(c.Avatar)
	return who, nil
}

// notOfToken reports whether a character has no place in a token. The decoder
// overlooks line breaks, and with them a revoked token could be spelt anew.
func notOfToken(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}

// truthy reports whether a flag is set, however the backend writes it.
func truthy(flag json.RawMessage) bool {
	switch string(flag) {
	case "", "null", "false", "0", `"0"`, `""`, `"false"`:
		return false
	}
	return true
}

// appendProfile appends what other users may know of the token's.
func (c *claims) appendProfile(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, *c.ID, 10)
	b = append(b, `,"name":`...)
	b = socketio.AppendString(b, *c.Name)
	for _, f := range []struct {
		name  string
		value json.RawMessage
	}{
		{"signature", c.Signature}, {"avatar", c.Avatar}, {"frame", c.Frame}, {"gender", c.Gender},
		{"country", c.Country}, {"wealth_xp", c.WealthXP}, {"charm_xp", c.CharmXP}, {"isSpeaker", c.IsSpeaker},
	} {
		b = append(b, ',', '"')
		b = append(b, f.name...)
		b = append(b, '"', ':')
		b = append(b, compact(f.value)...)
	}
	return append(b, '}')
}

// compact takes the white space out of a claim. One that is absent is null.
func compact(value json.RawMessage) []byte {
	var out bytes.Buffer
	if json.Compact(&out, value) != nil {
		return []byte("null")
	}
	return out.Bytes()
}

// tokenOf returns the token that a client presents: the one of its CONNECT
// packet, else the one of its handshake's Authorization header; "" if neither is
// there.
func tokenOf(auth []byte, authorization string) string {
	var token []byte
	for key, value := range socketio.Fields(auth) {
		if string(key) == "token" {
			token, _ = text(value)
		}
	}
	if len(token) > 0 {
		return string(token)
	}
	const scheme = "bearer "
	if len(authorization) > len(scheme) && strings.EqualFold(authorization[:len(scheme)], scheme) {
		return strings.TrimSpace(authorization[len(scheme):])
	}
	return ""
}
