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
		require.Contains(t, []string{"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "ARG", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}, name)
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

// buildContext copies what an engine would send to the build: the sources but for
// what Containerfile.dockerignore names.
func buildContext(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(deployDir + "Containerfile.dockerignore")
	require.NoError(t, err)
	ignored := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		require.Regexp(t, `^(\*\*/)?[.\w]+$`, line, "a name, at the root or anywhere")
		ignored[line] = true
	}
	context := t.TempDir()
	require.NoError(t, filepath.WalkDir(sourceDir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(sourceDir, path)
		switch {
		case err != nil:
			return err
		case ignored[name] || ignored["**/"+entry.Name()]:
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(context, name), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(context, name), content, 0o644)
	}))
	return context
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

	assert.Contains(t, all, instruction{"ARG", "VERSION="})
	assert.Contains(t, strings.Fields(last(all, "ENV")), "ADMIN_LISTEN=127.0.0.1:3031", "what runs in the container can drain it")

	root := t.TempDir()
	binary := filepath.Join(root, "audioroom")
	build := last(all, "RUN")
	require.Contains(t, build, "-o /audioroom ")
	command := exec.Command("sh", "-c", strings.Replace(build, "-o /audioroom ", "-o "+binary+" ", 1))
	command.Dir, command.Env = buildContext(t), append(os.Environ(), "VERSION=1.2.3-test")
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
	inside := func(args ...string) *exec.Cmd {
		command := exec.Command("/audioroom", args...)
		command.Dir, command.Env = "/", []string{}
		command.SysProcAttr = &syscall.SysProcAttr{
			Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}, Pdeathsig: syscall.SIGKILL,
		}
		return command
	}
	out, err = inside("--version").Output()
	require.NoError(t, err)
	assert.Equal(t, "1.2.3-test\n", string(out))
	server := inside("serve", "--dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	log, err := server.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	late := time.AfterFunc(20*time.Second, func() { server.Process.Kill() })
	defer late.Stop()
	lines := bufio.NewScanner(log)
	admin := ""
	for lines.Scan() {
		if addr := regexp.MustCompile(`msg="admin API" addr=(\S+)`).FindStringSubmatch(lines.Text()); addr != nil {
			admin = addr[1]
		}
		if addr := regexp.MustCompile(`msg=listening addr=(\S+)`).FindStringSubmatch(lines.Text()); addr != nil {
			answer, err := http.Get("http://" + addr[1] + "/metrics")
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, answer.StatusCode)
			answer.Body.Close()
			break
		}
	}
	call := func(args ...string) (string, error) {
		out, err := inside(append([]string{"admin", "--admin-listen", admin}, args...)...).Output()
		return string(out), err
	}
	text, err := call("-X", "POST", "/drain")
	require.NoError(t, err)
	assert.Contains(t, text, `"draining": true`)
	text, err = call("/readyz")
	var failed *exec.ExitError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, 1, failed.ExitCode(), "for a probe")
	assert.Contains(t, text, "draining")
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
