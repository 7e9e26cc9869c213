package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// AdminEnv asks for an admin API at a port of the system's choice.
var AdminEnv = Env{"ADMIN_LISTEN": "127.0.0.1:0"}

// AdminAddr returns where the server has its admin API.
func (s *Server) AdminAddr(t testing.TB) string {
	t.Helper()
	record, err := s.Logged("admin API")
	require.NoError(t, err)
	return fmt.Sprint(record["addr"])
}

// Admin calls the server's admin API and returns the answer.
func (s *Server) Admin(t testing.TB, method, path, body string) (status int, answer P) {
	t.Helper()
	request, err := http.NewRequest(method, "http://"+s.AdminAddr(t)+path, strings.NewReader(body))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &answer), "%s", text)
	return response.StatusCode, answer
}

// HangUp sends the server a SIGHUP.
func (s *Server) HangUp() { s.cmd.Process.Signal(syscall.SIGHUP) }
