package main

import (
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"audioroom/wsconn"
)

// devSecret signs the tokens of a server in development mode. It protects
// nothing: such a server listens on loopback only.
const devSecret = "audioroom-development-secret-not-for-production"

// tokenCommand mints a token.
type tokenCommand struct {
	User   int           `required:"" help:"User id, a positive number."`
	Name   string        `required:"" help:"User name."`
	Secret string        `env:"JWT_SECRET" help:"Secret to sign with; of a comma list, the first. Default: the one of serve --dev."`
	TTL    time.Duration `name:"ttl" default:"24h" help:"How long the token is good for."`
}

func (c *tokenCommand) validate(f *faults) {
	if c.User < 1 {
		f.add("user", "%d is not a positive number", c.User)
	}
	if c.TTL <= 0 {
		f.add("ttl", "%v is over already", c.TTL)
	}
	if secret := c.secret(); len(secret) < wsconn.MinSecret {
		f.add("secret", "it has %d bytes, at least %d are needed", len(secret), wsconn.MinSecret)
	}
}

func (c *tokenCommand) secret() string {
	if c.Secret == "" {
		return devSecret
	}
	return firstOf(c.Secret)
}

// Run implements command.
func (c *tokenCommand) Run(p *program) error {
	token, err := mint(c.secret(), c.User, c.Name, c.TTL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, token)
	return err
}

// mint makes a token as the backend would.
func mint(secret string, user int, name string, life time.Duration) (string, error) {
	now := time.Now()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"id": user, "name": name, "iat": now.Unix(), "exp": now.Add(life).Unix(),
	}).SignedString([]byte(secret))
}
