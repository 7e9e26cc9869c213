package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"audioroom/cmd/audioroom/admin"
)

// adminTimeout is above what any call may take: a profile, of which a minute is
// the most.
const adminTimeout = 90 * time.Second

// adminCommand calls the admin API of the server on this machine, or in this
// container, which has no other program that could.
type adminCommand struct {
	Path        string `arg:"" default:"/" help:"What to ask for, such as /drain; / says what there is."`
	Method      string `short:"X" default:"GET" help:"GET, POST or PUT."`
	Data        string `short:"d" help:"Body of the request."`
	AdminListen string `name:"admin-listen" env:"ADMIN_LISTEN" default:"127.0.0.1:3031" help:"Admin address of the server."`
}

func (c *adminCommand) validate(f *faults) {
	if c.AdminListen == "" || c.AdminListen == "off" {
		f.add("admin-listen", "the server has no admin API")
	}
}

// Run implements command. What the server refuses is printed as what it answers,
// and is an error as well.
func (c *adminCommand) Run(p *program) error {
	ctx, cancel := context.WithTimeout(p.ctx, adminTimeout)
	defer cancel()
	answer, err := admin.Call(ctx, c.AdminListen, strings.ToUpper(c.Method), c.Path, strings.NewReader(c.Data))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(p.stdout, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("the server answered %s", answer.Status)
	}
	return nil
}
