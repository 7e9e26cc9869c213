package e2e_test

import (
	"bufio"
	"debug/elf"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

const (
	deployDir = "../deploy/"
	sourceDir = "../../.."
)

// instruction is a line of a container file.
type instruction struct{ name, rest string }

func containerFile(t *testing.T) (all []instruction) {
	t.Helper()
	text, err := os.ReadFile(deployDir + "Containerfile")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, found := strings.Cut(line, " ")
		require.True(t, found, line)
		require.Contains(t, []string{"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}, name)
		all = append(all, instruction{name, rest})
	}
	return all
}

// last returns what the last instruction of a name says.
func last(all []instruction, name string) string {
	for _, i := range slices.Backward(all) {
		if i.name == name {
			return i.rest
		}
	}
	return ""
}

// Without an engine: the build line is carried out, and what it makes is run as the
// image would have it, alone in an empty file system and as nobody.
func TestContainer(t *testing.T) {
	t.Parallel()
	all := containerFile(t)
	assert.Equal(t, "scratch", last(all, "FROM"), "nothing but what is copied is in the image")
	assert.Equal(t, "65532:65532", last(all, "USER"))
	assert.Equal(t, `["/audioroom"]`, last(all, "ENTRYPOINT"), "signals reach the program, not a shell")
	assert.Equal(t, `["serve"]`, last(all, "CMD"))
	assert.Equal(t, "SIGTERM", last(all, "STOPSIGNAL"))

	module, err := os.ReadFile(filepath.Join(sourceDir, "go.mod"))
	require.NoError(t, err)
	wanted := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(module))[1]
	assert.Contains(t, all, instruction{"FROM", "golang:" + wanted + " AS build"}, "the compiler is the one that go.mod asks for")

	root := t.TempDir()
	binary := filepath.Join(root, "audioroom")
	build := last(all, "RUN")
	require.Contains(t, build, "-o /audioroom ")
	command := exec.Command("sh", "-c", strings.Replace(build, "-o /audioroom ", "-o "+binary+" ", 1))
	command.Dir = sourceDir
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, i := range all {
		if from, isCopy := strings.CutPrefix(i.rest, "--from=build "); i.name == "COPY" && isCopy {
			assert.Contains(t, []string{"/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/", "/audioroom /audioroom"}, from)
		}
	}

	file, err := elf.Open(binary)
	require.NoError(t, err)
	defer file.Close()
	libraries, err := file.ImportedLibraries()
	require.NoError(t, err)
	assert.Empty(t, libraries, "it is static")
	assert.False(t, slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }), "it is static")

	if os.Getuid() != 0 {
		t.Log("not root: it is not run in a file system of its own")
		return
	}
	require.NoError(t, os.Chmod(root, 0o755))
	server := exec.Command("/audioroom", "serve", "--dev", "--listen", "127.0.0.1:0")
	server.Dir, server.Env = "/", []string{}
	server.SysProcAttr = &syscall.SysProcAttr{
		Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}, Pdeathsig: syscall.SIGKILL,
	}
	log, err := server.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	late := time.AfterFunc(20*time.Second, func() { server.Process.Kill() })
	defer late.Stop()
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if addr := regexp.MustCompile(`msg=listening addr=(\S+)`).FindStringSubmatch(lines.Text()); addr != nil {
			answer, err := http.Get("http://" + addr[1] + "/metrics")
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, answer.StatusCode)
			answer.Body.Close()
			break
		}
	}
	server.Process.Signal(syscall.SIGTERM)
	io.Copy(io.Discard, log)
	require.NoError(t, server.Wait(), "it ends with 0")
}

// unit reads a systemd unit: every value by its key.
func unit(t *testing.T) (values map[string][]string, text string) {
	t.Helper()
	raw, err := os.ReadFile(deployDir + "audioroom.service")
	require.NoError(t, err)
	values = make(map[string][]string)
	for line := range strings.Lines(string(raw)) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), "="); found && !strings.HasPrefix(key, "#") {
			values[key] = append(values[key], value)
		}
	}
	return values, string(raw)
}

func TestUnit(t *testing.T) {
	t.Parallel()
	values, text := unit(t)
	one := func(key string) string {
		t.Helper()
		require.Len(t, values[key], 1, key)
		return values[key][0]
	}
	path, args, _ := strings.Cut(one("ExecStart"), " ")
	assert.Equal(t, "serve", args)
	assert.Equal(t, "SIGTERM", one("KillSignal"))
	assert.Equal(t, "on-failure", one("Restart"))
	assert.Empty(t, values["RestartPreventExitStatus"], "a Go program that crashes exits with 2 as well as one whose configuration is bad")
	number := func(key string) float64 {
		t.Helper()
		n, err := strconv.ParseFloat(one(key), 64)
		require.NoError(t, err)
		return n
	}
	assert.Less(t, strings.Index(text, "StartLimitBurst="), strings.Index(text, "[Service]"), "it has an effect in [Unit] alone")
	assert.Less(t, number("StartLimitBurst")*number("RestartSec"), number("StartLimitIntervalSec")/2, "a bad configuration is given up")
	stop, err := time.ParseDuration(one("TimeoutStopSec") + "s")
	require.NoError(t, err)
	assert.Greater(t, stop, 10*time.Second, "what a drain may take")
	assert.Equal(t, "yes", one("DynamicUser"), "it is not root")
	assert.True(t, strings.HasSuffix(one("ExecReload"), "kill -HUP $MAINPID"))

	// What the unit sets, the program takes.
	for _, setting := range values["Environment"] {
		name, _, found := strings.Cut(setting, "=")
		require.True(t, found)
		help, _, _ := harness.Run(t, stage.Program, nil, "serve", "--help")
		assert.Contains(t, help, "$"+name)
	}

	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Log("no systemd-analyze here: the unit is not linted")
		return
	}
	file := filepath.Join(t.TempDir(), "audioroom.service")
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(text, path, stage.Program)), 0o644))
	for _, args := range [][]string{{"verify", file}, {"security", "--offline=true", "--threshold=20", file}} {
		out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
		assert.NoError(t, err, "%s", out)
		if args[0] == "verify" {
			assert.Empty(t, string(out))
		}
	}
}
