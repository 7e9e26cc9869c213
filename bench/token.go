package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Profile is how the tokens of a server's clients look, so that they can be minted
// for any server.
type Profile struct {
	// Secret signs them, with HS256.
	Secret string `json:"secret"`
	// ID and Name are the names of the claims that hold the user's id and name.
	ID   string `json:"id"`
	Name string `json:"name"`
	// IDAsText writes the id as a string.
	IDAsText bool `json:"idAsText"`
	// Claims are added to every token.
	Claims map[string]any `json:"claims"`
	// TTL is how long a token is good for, such as "24h".
	TTL string `json:"ttl"`
}

// DefaultProfile is that of an audioroom server, but for the secret.
func DefaultProfile() Profile { return Profile{ID: "id", Name: "name", TTL: "24h"} }

// LoadProfile reads a profile from a file of JSON; what it doesn't say stays as
// in base.
func LoadProfile(path string, base Profile) (Profile, error) {
	file, err := os.Open(path)
	if err != nil {
		return base, err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&base); err != nil {
		return base, fmt.Errorf("%s: %w", path, err)
	}
	return base, nil
}

// Validate says what is wrong with the profile.
func (p *Profile) Validate() error {
	if p.Secret == "" {
		return errors.New("no secret to sign tokens with")
	}
	if p.ID == "" || p.Name == "" || p.ID == p.Name {
		return errors.New("the claims of id and name need two names")
	}
	if ttl, err := time.ParseDuration(p.TTL); err != nil || ttl <= 0 {
		return fmt.Errorf("%q is no time for a token to be good for", p.TTL)
	}
	return nil
}

// Mint makes the token of a user. A name of a claim may have dots: user.id is the
// field id of the claim user.
func (p *Profile) Mint(user int64, name string) (string, error) {
	ttl, err := time.ParseDuration(p.TTL)
	if err != nil {
		return "", err
	}
	now := time.Now()
	claims := jwt.MapClaims{}
	maps.Copy(claims, p.Claims)
	claims["iat"], claims["exp"] = now.Unix(), now.Add(ttl).Unix()
	var id any = user
	if p.IDAsText {
		id = strconv.FormatInt(user, 10)
	}
	setClaim(claims, p.ID, id)
	setClaim(claims, p.Name, name)
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(p.Secret))
}

func setClaim(claims map[string]any, path string, value any) {
	for {
		first, rest, nested := strings.Cut(path, ".")
		if !nested {
			claims[path] = value
			return
		}
		inner, _ := claims[first].(map[string]any)
		inner = maps.Clone(inner) // the profile's own stays as it is
		if inner == nil {
			inner = make(map[string]any)
		}
		claims[first] = inner
		claims, path = inner, rest
	}
}
