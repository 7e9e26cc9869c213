package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"audioroom/bench"
	"audioroom/bench/proc"
	"audioroom/bench/report"
)

// benchCommand measures servers.
type benchCommand struct {
	Lock   benchLock   `cmd:"" help:"Managers lock and unlock the seats of one room."`
	Seats  benchSeats  `cmd:"" help:"Users take and leave seats."`
	Churn  benchChurn  `cmd:"" help:"Users join and leave."`
	Fanout benchFanout `cmd:"" help:"Broadcasts to a room full of listeners, at a rate or at the highest."`
	Rooms  benchRooms  `cmd:"" help:"Many rooms at work at once."`
	Idle   benchIdle   `cmd:"" help:"Memory of sockets that do nothing, and of empty rooms."`
	Mixed  benchMixed  `cmd:"" help:"An evening: listeners, chat, seats, comings and goings, some moderation."`
	Storm  benchStorm  `cmd:"" help:"Everybody reconnects at once."`
	Drop   benchDrop   `cmd:"" help:"Everybody in a room is gone at once."`
	Suite  benchSuite  `cmd:"" help:"Fill the table of targets, with servers of this program."`
	Bare   benchBare   `cmd:"" help:"Be the least that a server can do, to hold others against; trusts everybody."`
}

// benchFlags are the flags of every scenario.
type benchFlags struct {
	URL string `arg:"" optional:"" default:"http://127.0.0.1:3030" help:"Server to measure."`

	WarmUp    time.Duration `group:"Load" default:"2s" help:"How long the load goes on before it is measured."`
	Duration  time.Duration `group:"Load" default:"10s" help:"How long it is measured."`
	Units     int           `group:"Load" placeholder:"N" help:"Measure so many units of work instead, however long that takes."`
	Rate      float64       `group:"Load" placeholder:"RATE" help:"Units of work each second, in an open loop: what has to wait is measured from when it should have begun. Without it the loop is closed."`
	Neighbour float64       `group:"Load" placeholder:"RATE" help:"Have a small room beside the load, which is asked so often each second, and show what it notices."`
	Patience  time.Duration `group:"Load" default:"15s" help:"How long the server may take for anything that is waited for."`

	Local bool   `group:"Servers" help:"Measure a server of this program, started with a Redis and a backend of its own and, of several cores, on the first."`
	Bare  bool   `group:"Servers" help:"With --local: measure the least that a server can do in place of this program's."`
	PID   []int  `group:"Servers" name:"pid" placeholder:"PID" help:"Processes of the server, to report its CPU and memory."`
	Vs    string `group:"Servers" placeholder:"URL" help:"Second server, measured in turns with the first."`
	VsPID []int  `group:"Servers" name:"vs-pid" placeholder:"PID" help:"Processes of the second server."`
	Pairs int    `group:"Servers" default:"3" help:"How often each of two servers is measured."`

	Secret    string  `group:"Tokens" name:"jwt-secret" env:"JWT_SECRET" help:"Secret to sign tokens with; of a comma list, the first. Default: the one of serve --dev."`
	IDClaim   string  `group:"Tokens" name:"jwt-id" placeholder:"id" help:"Claim of the user's id; user.id for a field of the claim user."`
	NameClaim string  `group:"Tokens" name:"jwt-name" placeholder:"name" help:"Claim of the user's name."`
	Profile   string  `group:"Tokens" name:"jwt-profile" placeholder:"FILE" help:"JSON file that describes the tokens: secret, id, name, idAsText, ttl, claims."`
	VsProfile string  `group:"Tokens" name:"vs-jwt-profile" placeholder:"FILE" help:"The same for the second server, if its tokens are others."`
	Managers  []int64 `group:"Tokens" name:"manager-ids" default:"1,2,3" help:"Users who are managers of every room."`
	FirstUser int64   `group:"Tokens" default:"100000" help:"Id of the first other user."`

	JSON bool   `group:"Report" name:"json" help:"Print JSON instead of a table."`
	HTML string `group:"Report" name:"html" placeholder:"FILE" help:"Write a page with plots, too."`
}

// validate notes what is wrong with the flags.
func (b *benchFlags) validate(f *faults) {
	wrong := func(flag, format string, args ...any) {
		f.list = append(f.list, fmt.Errorf("--"+flag+": "+format, args...))
	}
	if b.Duration <= 0 {
		wrong("duration", "%v is no time to measure", b.Duration)
	}
	if b.WarmUp < 0 {
		wrong("warm-up", "%v is less than nothing", b.WarmUp)
	}
	if b.Rate < 0 || b.Neighbour < 0 {
		wrong("rate", "a rate is less than nothing")
	}
	if b.Units < 0 {
		wrong("units", "%d is less than nothing", b.Units)
	}
	if b.Pairs < 1 {
		wrong("pairs", "%d is less than 1", b.Pairs)
	}
	if len(b.Managers) == 0 {
		wrong("manager-ids", "there is none")
	}
	if b.Local && (b.Vs != "" || len(b.PID) > 0) {
		wrong("local", "it goes with neither --vs nor --pid")
	}
	if b.Bare && !b.Local {
		wrong("bare", "it goes with --local")
	}
	if b.Vs == "" && len(b.VsPID) > 0 {
		wrong("vs-pid", "it goes with --vs")
	}
	if _, err := b.profile(); err != nil {
		wrong("jwt-profile", "%v", err)
	} else if _, err := b.vsProfile(); err != nil {
		wrong("vs-jwt-profile", "%v", err)
	}
}

// profile is how tokens are minted: as the flags say, else as the file says.
func (b *benchFlags) profile() (bench.Profile, error) {
	profile := bench.DefaultProfile()
	profile.Secret = devSecret
	if b.Secret != "" {
		profile.Secret = firstOf(b.Secret)
	}
	if b.Profile != "" {
		var err error
		if profile, err = bench.LoadProfile(b.Profile, profile); err != nil {
			return profile, err
		}
	}
	if b.IDClaim != "" {
		profile.ID = b.IDClaim
	}
	if b.NameClaim != "" {
		profile.Name = b.NameClaim
	}
	return profile, profile.Validate()
}

// vsProfile is how the tokens of a second server are minted: as those of the first,
// unless a file says otherwise.
func (b *benchFlags) vsProfile() (bench.Profile, error) {
	profile, err := b.profile()
	if b.VsProfile == "" || err != nil {
		return profile, err
	}
	if profile, err = bench.LoadProfile(b.VsProfile, profile); err != nil {
		return profile, err
	}
	return profile, profile.Validate()
}

// runPrefix is how the ids of this process's rooms begin.
func runPrefix() string {
	return "bench-" + strconv.FormatInt(time.Now().Unix(), 36) + "-" + strconv.Itoa(os.Getpid())
}

// run measures what the flags say and reports it.
func (b *benchFlags) run(p *program, s bench.Scenario) error {
	if err := s.Validate(); err != nil {
		return usageError{err}
	}
	profile, err := b.profile()
	if err != nil {
		return usageError{err}
	}
	bar := newBar(p.stderr)
	config := &bench.Config{
		WarmUp: b.WarmUp, Duration: b.Duration, Units: b.Units, Rate: b.Rate, Neighbour: b.Neighbour, Patience: b.Patience,
		Managers: b.Managers, FirstUser: b.FirstUser, Prefix: runPrefix(), Progress: bar.tell,
	}
	target := &bench.Target{URL: b.URL, Profile: profile, PIDs: b.PID}
	if b.Local {
		here, err := openStage(p.ctx, b.Bare)
		if err != nil {
			return err
		}
		defer here.close()
		target.URL, target.PIDs, target.Profile.Secret = here.url, []int{here.server.cmd.Process.Pid}, devSecret
		config.Managers = stageManagers()
	}
	if b.Vs != "" {
		others, err := b.vsProfile()
		if err != nil {
			return usageError{err}
		}
		second := &bench.Target{URL: b.Vs, Profile: others, PIDs: b.VsPID}
		compared, err := bench.Compare(p.ctx, s, target, second, config, b.Pairs, nil)
		bar.clear()
		if err != nil {
			return benchError(p.ctx, s, err)
		}
		return show(b, p, compared, report.Comparison, report.HTMLComparison)
	}
	result, err := bench.Measure(p.ctx, s, target, config)
	bar.clear()
	if err != nil {
		return benchError(p.ctx, s, err)
	}
	return show(b, p, result, report.Table, report.HTML)
}

// benchError says of which scenario an error is.
func benchError(ctx context.Context, s bench.Scenario, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return fmt.Errorf("%s: %w", s.Name(), err)
}

// show writes what was measured in the ways that the flags ask for.
func show[T any](b *benchFlags, p *program, measured T, table func(io.Writer, T) error, page func(io.Writer, string, T) error) error {
	if b.HTML != "" {
		file, err := os.Create(b.HTML)
		if err != nil {
			return err
		}
		if err := errors.Join(page(file, machineLine(), measured), file.Close()); err != nil {
			return err
		}
	}
	if b.JSON {
		out := json.NewEncoder(p.stdout)
		out.SetIndent("", "  ")
		return out.Encode(measured)
	}
	return table(p.stdout, measured)
}

// machineLine says in a line on what machine this is.
func machineLine() string {
	m := proc.ThisMachine()
	return fmt.Sprintf("%s, %d cores, %s, Linux %s, %s", m.CPU, m.Cores, report.Bytes(float64(m.Memory)), m.Kernel, runtime.Version())
}

// bar shows on a terminal how far a measurement is.
type bar struct{ bar *progressbar.ProgressBar }

// barSteps is how finely.
const barSteps = 1000

// newBar returns a bar that shows nothing if w is no terminal.
func newBar(w io.Writer) *bar {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return new(bar)
	}
	return &bar{progressbar.NewOptions(barSteps, progressbar.OptionSetWriter(file), progressbar.OptionSetWidth(40),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(50*time.Millisecond), progressbar.OptionSetPredictTime(false))}
}

// tell shows the stage of a measurement and how much of it is done.
func (b *bar) tell(stage string, part float64) {
	if b.bar != nil {
		b.bar.Describe(fmt.Sprintf("%-10s", stage))
		_ = b.bar.Set(min(int(part*barSteps), barSteps-1)) // the terminal may be gone
	}
}

// clear takes the bar away.
func (b *bar) clear() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}
