package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"audioroom/bench"
	"audioroom/bench/proc"
	"audioroom/bench/suite"
)

// usualRuns is the default of --runs, as below, which make bench leaves as it is.
const usualRuns = 3

// benchSuite fills the table of targets.
type benchSuite struct {
	Runs      int      `default:"3" help:"How often each scenario is run; the table has the medians."`
	Quick     bool     `help:"Run each scenario once, for a short time, and leave out the large ones."`
	Only      []string `placeholder:"NAME" help:"Lines of the table to fill; a wrong name has them listed."`
	Out       string   `placeholder:"FILE" help:"Write the table as Markdown; what people wrote into the file is kept."`
	InProcess string   `placeholder:"FILE" help:"Output of the Go benchmark Whole, to put beside."`
}

// Run implements command.
func (c *benchSuite) Run(p *program) error {
	if c.Runs < 1 {
		return usageError{errors.New("--runs: at least 1 is needed")}
	}
	facts := suite.Facts{
		Machine: machineLine(), Redis: redisVersion(), Command: "make bench", Runs: c.Runs, Busy: proc.Busy(time.Second),
	}
	switch {
	case c.Quick:
		facts.Runs, facts.Command = 1, "make bench QUICK=1"
	case c.Runs != usualRuns:
		facts.Command = fmt.Sprintf("audioroom bench suite --runs %d", c.Runs)
	}
	if c.InProcess != "" {
		file, err := os.Open(c.InProcess)
		if err != nil {
			return usageError{err}
		}
		defer file.Close()
		if facts.InProcess, err = suite.ReadInProcess(file); err != nil {
			return fmt.Errorf("%s: %w", c.InProcess, err)
		}
	}
	profile := bench.DefaultProfile()
	profile.Secret = devSecret
	bar := newBar(p.stderr)
	lines, err := suite.Fill(p.ctx, &suite.Options{
		Runs: facts.Runs, Quick: c.Quick, Only: c.Only, Log: clearing{p.stdout, bar},
		Config: bench.Config{
			Patience: 30 * time.Second, Managers: stageManagers(), FirstUser: 100_000, Prefix: runPrefix(), Progress: bar.tell,
		},
		Open: func(ctx context.Context, bare bool) (*bench.Target, func() error, error) {
			s, err := openStage(ctx, bare)
			if err != nil {
				return nil, nil, err
			}
			return &bench.Target{URL: s.url, Profile: profile, PIDs: []int{s.server.cmd.Process.Pid}}, s.close, nil
		},
	})
	bar.clear()
	if p.ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if err != nil {
		return err
	}
	missed, failed := suite.Missed(lines)
	if missed > 0 {
		fmt.Fprintf(p.stdout, "\n%d targets are missed.\n", missed)
	}
	if err := c.write(lines, facts); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d lines of the table could not be filled", failed)
	}
	return nil
}

// write writes the table into the file, if there is to be one.
func (c *benchSuite) write(lines []suite.Line, facts suite.Facts) error {
	if c.Out == "" {
		return nil
	}
	before, err := os.ReadFile(c.Out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var text bytes.Buffer
	if err = suite.Markdown(&text, lines, facts, string(before)); err != nil {
		return err
	}
	return os.WriteFile(c.Out, text.Bytes(), 0o644)
}

// clearing writes lines where a bar is.
type clearing struct {
	w io.Writer
	b *bar
}

// Write implements io.Writer.
func (c clearing) Write(p []byte) (int, error) {
	c.b.clear()
	return c.w.Write(p)
}

// redisVersion says which Redis is installed.
func redisVersion() string {
	out, err := exec.Command("redis-server", "--version").Output()
	if err != nil {
		return "no Redis"
	}
	_, rest, _ := strings.Cut(string(out), "v=")
	version, _, _ := strings.Cut(rest, " ")
	return "Redis " + version
}
