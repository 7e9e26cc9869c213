package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"audioroom/cmd/audioroom/e2e/harness"
)

// writePair writes a certificate for this machine, signed by itself, and its key.
func writePair(t *testing.T, dir string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "audioroom"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}

// overTLS joins a room with the real client, which trusts that one certificate,
// takes two seats and reports.
const overTLS = `
import { io } from "socket.io-client";
import { readFileSync } from "node:fs";
const [url, token, ca] = process.env.ARGS.split(" ");
const socket = io(url, { transports: ["websocket"], auth: { token }, ca: readFileSync(ca), reconnection: false });
socket.on("connect_error", (error) => { console.log("refused:", error.message); process.exit(1); });
const joined = await socket.emitWithAck("room:join", { roomId: "of-tls" });
const seated = await socket.emitWithAck("seat:take", { roomId: "of-tls", seatIndex: 1 });
console.log(joined.participantCount, seated.success);
console.log((await socket.emitWithAck("chat:message", { roomId: "of-tls", content: "x".repeat(400) })).success);
socket.disconnect();
`

func joinOverTLS(t *testing.T, server *harness.Server, cert string) {
	t.Helper()
	node := exec.Command("node", "--input-type=module")
	node.Dir = "client"
	node.Stdin = strings.NewReader(overTLS)
	url := strings.Replace(server.URL, "http://", "https://", 1)
	node.Env = append(os.Environ(), "ARGS="+url+" "+harness.Token(t, harness.NewUser(), nil)+" "+cert)
	end := time.AfterFunc(20*time.Second, func() { node.Process.Kill() })
	defer end.Stop()
	out, err := node.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, "1 true\ntrue\n", string(out))
}

func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writePair(t, dir, 1)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	w := stage.World(t, harness.Setup{})
	env := w.Env()
	env["TLS_CERT"], env["TLS_KEY"], env["LISTEN"] = cert, key, "127.0.0.1:0"
	server, err := harness.Serve(stage.Program, env)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })
	addr := strings.TrimPrefix(server.URL, "http://")
	_, err = server.Logged("ready")
	require.NoError(t, err)

	joinOverTLS(t, server, cert)
	assert.NotEqual(t, 200, server.Status("/healthz"), "nothing is served in the clear")

	serial := func() int64 {
		conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return 0
		}
		defer conn.Close()
		assert.Equal(t, "", conn.ConnectionState().NegotiatedProtocol, "no HTTP/2")
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	require.EqualValues(t, 1, serial())
	writePair(t, dir, 2)
	harness.Eventually(t, "the new certificate is in use", func() bool { return serial() == 2 })
	_, err = server.Logged("certificate read again")
	require.NoError(t, err)
}

func TestTLS_that_is_half_configured(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]harness.Env{
		"TLS_KEY":     {"TLS_CERT": "/nowhere/cert.pem"},
		"TLS_CERT":    {"TLS_KEY": "/nowhere/key.pem"},
		"certificate": {"TLS_CERT": "/nowhere/cert.pem", "TLS_KEY": "/nowhere/key.pem"},
	} {
		_, stderr, status := harness.Run(t, stage.Program, complete(env), "serve")
		assert.Equal(t, 2, status)
		assert.Contains(t, stderr, name)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	w := stage.World(t, harness.Setup{Env: harness.Env{"TRUSTED_PROXIES": "127.0.0.0/8,::1", "CONNECTIONS_PER_ADDRESS": "1"}})
	from := func(forwarded string) *harness.Socket {
		return w.Open(t, harness.Opening{User: harness.NewUser(), Headers: map[string]string{"X-Forwarded-For": forwarded}})
	}
	from("203.0.113.7").Connected()
	from("203.0.113.8").Connected()
	from("203.0.113.7, 203.0.113.9").Connected()
	from("198.51.100.1, 203.0.113.7").Disconnected()
	assert.Equal(t, 1.0, w.Server.Metric(t, `audioroom_budget_refusals_total{budget="address_connections"}`))
	_, stderr, status := harness.Run(t, stage.Program, complete(harness.Env{"TRUSTED_PROXIES": "everybody"}), "serve")
	assert.Equal(t, 2, status)
	assert.Contains(t, stderr, "TRUSTED_PROXIES")
}
