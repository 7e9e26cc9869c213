// Command audioroom is a live audio-room server: see the README.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/alecthomas/kong"
	"github.com/redis/go-redis/v9"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // something went wrong on the way
	exitUsage  = 2 // the flags, the environment or the address are no good
)

// cli is the command line.
type cli struct {
	Serve   serveCommand   `cmd:"" help:"Run the server."`
	Token   tokenCommand   `cmd:"" help:"Mint a token for development."`
	Inspect inspectCommand `cmd:"" help:"Show what Redis holds of a room."`
	Admin   adminCommand   `cmd:"" help:"Call the admin API of the server on this machine."`
	Bench   benchCommand   `cmd:"" help:"Measure a server, this one or another."`

	Version kong.VersionFlag `help:"Print the version."`
}

// program is what a command may use of the outer world.
type program struct {
	ctx            context.Context // ends with the first signal to stop
	stdout, stderr io.Writer
	// farewell says what a second signal leaves undone; nil if nothing.
	farewell atomic.Pointer[func()]
}

// cutShort says that a second signal ends the program. It may be called from any
// goroutine.
func (p *program) cutShort() {
	if farewell := p.farewell.Load(); farewell != nil {
		(*farewell)()
		return
	}
	fmt.Fprintln(p.stderr, "audioroom: second signal, exiting at once")
}

// command is one of the program's commands. Its error is a line for people; a
// usageError exits with exitUsage.
type command interface {
	Run(p *program) error
}

// usageError is an error that another call could avoid.
type usageError struct{ error }

// errTold is the error of a command that has said in its log what went wrong.
var errTold = errors.New("it is in the log")

// exited is how kong's own exits, such as --help, leave the parser.
type exited int

// silent takes what go-redis would print: its connections' troubles are told by
// the store, once and in words.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func main() {
	redis.SetLogger(silent{})
	p := &program{stdout: os.Stdout, stderr: os.Stderr}
	var stop func()
	p.ctx, stop = signalContext(context.Background(), p.cutShort)
	code := run(p, os.Args[1:])
	stop()
	os.Exit(code)
}

// run is the whole program but for signals and the process's own exit.
func run(p *program, args []string) (code int) {
	var c cli
	wrong := new(faults)
	parser, err := kong.New(&c,
		kong.Name("audioroom"),
		kong.Description("A live audio-room server: rooms, seats, presence over Socket.IO."),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.Vars{"version": versionName()},
		wrong.mappers(),
	)
	if err != nil {
		panic(err) // the command line's own definition is broken
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case exited:
			code = int(e)
		default:
			panic(e)
		}
	}()
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(p.stderr, "audioroom: %v\n", err)
		return exitUsage
	}
	if v, ok := parsed.Selected().Target.Addr().Interface().(interface{ validate(*faults) }); ok {
		v.validate(wrong)
	}
	if err := wrong.err(); err != nil {
		fmt.Fprintf(p.stderr, "audioroom: %v\n", err)
		return exitUsage
	}
	err = parsed.Selected().Target.Addr().Interface().(command).Run(p)
	if err == nil {
		return exitOK
	}
	if err != errTold {
		fmt.Fprintf(p.stderr, "audioroom: %v\n", err)
	}
	if _, ok := err.(usageError); ok {
		return exitUsage
	}
	return exitFailed
}
