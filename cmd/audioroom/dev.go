package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"audioroom/cmd/audioroom/page"
	"audioroom/laravel/standin"
	"audioroom/persistence"
)

// devKey is the internal key between a server in development mode and its
// stand-in backend.
const devKey = "development"

// development is what a server in development mode brings along.
type development struct {
	redis   *persistence.Embedded
	backend *standin.Server
	secret  string
}

// forDevelopment replaces what a newcomer has not set up.
func (c *config) forDevelopment() {
	if host, port, err := net.SplitHostPort(c.Listen); err == nil && host == "" {
		c.Listen = net.JoinHostPort("127.0.0.1", port)
	}
	c.RedisURL, c.LaravelURL = "redis://127.0.0.1:6379/0", "http://127.0.0.1" // until they are started
	c.LaravelKey, c.Secrets = devKey, []string{devSecret}
}

// startDevelopment starts the embedded Redis and the stand-in backend and
// points the configuration at them.
func startDevelopment(c *config) (*development, error) {
	if host, _, err := net.SplitHostPort(c.Listen); err != nil || !isLoopback(host) {
		return nil, fmt.Errorf("--dev listens on loopback only, not on %s: anybody could mint a token for it", c.Listen)
	}
	redis, err := persistence.StartEmbedded("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	backend, err := standin.New(devKey).Start()
	if err != nil {
		redis.Close()
		return nil, err
	}
	c.RedisURL, c.LaravelURL = redis.URL(), backend.URL
	_, port, _ := net.SplitHostPort(c.Listen)
	if len(c.Origins) == 0 { // a page of the developer's own
		for _, host := range []string{"127.0.0.1", "localhost"} {
			for _, p := range []string{port, "3000", "5173", "8080"} {
				c.Origins = append(c.Origins, "http://"+net.JoinHostPort(host, p))
			}
		}
	}
	return &development{redis: redis, backend: backend, secret: devSecret}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (d *development) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = d.backend.Stop(ctx) // development: nothing is lost with it
	d.redis.Close()
}

// tokenLife is how long a token of development is good for.
const tokenLife = 24 * time.Hour

// people are whom the stand-in backend knows, and members: everybody else.
var people = []page.Person{
	{ID: 1, Name: "Olivia", Rank: "owner"},
	{ID: 2, Name: "Adam", Rank: "admin"},
	{ID: 3, Name: "Aisha", Rank: "admin"},
	{ID: 4, Name: "Max", Rank: "member"},
	{ID: 5, Name: "Mia", Rank: "member"},
}

// show serves the page, which mints tokens.
func (d *development) show(s *server) {
	s.http.Handler = s.look(s.http.Handler, page.Config{
		People: people,
		Mint:   func(user int64, name string) (string, error) { return mint(d.secret, int(user), name, tokenLife) },
	})
}

// greet says what to do next.
func (d *development) greet(w io.Writer, addr net.Addr) {
	fmt.Fprintf(w, "\naudioroom is up, in development mode. See a room: http://%s\n", addr)
	fmt.Fprintf(w, "Rooms are kept in an embedded Redis at %s until you stop it (Ctrl-C).\n\n", d.redis.URL())
	fmt.Fprintf(w, "Tokens, good for a day. In the stand-in backend user 1 owns every room, 2 and 3 are admins.\n\n")
	var first string
	for _, who := range people[:4] {
		name := fmt.Sprintf("%s (%s)", who.Name, who.Rank)
		token, err := mint(d.secret, int(who.ID), name, tokenLife)
		if err != nil {
			continue
		}
		if first == "" {
			first = token
		}
		fmt.Fprintf(w, "  %d %-15s %s\n", who.ID, name, token)
	}
	fmt.Fprintf(w, `
Join a room from a program: npm install socket.io-client, save this as room.mjs, run node room.mjs.

import { io } from "socket.io-client";
const socket = io("http://%s", {
  transports: ["websocket"],
  auth: { token: "%s" },
});
socket.onAny((event, payload) => console.log(event, payload));
socket.on("connect_error", (error) => console.error("refused:", error.message));
socket.on("connect", async () => {
  console.log("joined", await socket.emitWithAck("room:join", { roomId: "42" }));
  console.log("seated", await socket.emitWithAck("seat:take", { roomId: "42", seatIndex: 0 }));
});

`, addr, first)
}
