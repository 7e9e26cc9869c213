package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// pairs counts the pairs written. A file system's clock ticks too slowly to tell
// two of them apart.
var pairs atomic.Int64

// writePair writes a certificate of that name, signed by itself, and its key.
func writePair(t *testing.T, certFile, keyFile, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	written := time.Unix(pairs.Add(1), 0)
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		require.NoError(t, os.WriteFile(file+".new", pem.EncodeToMemory(block), 0o600))
		require.NoError(t, os.Chtimes(file+".new", written, written))
		require.NoError(t, os.Rename(file+".new", file))
	}
}

func TestCertificate_is_read_again_when_it_changes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		dir := t.TempDir()
		certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		_, err := loadCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)))
		require.Error(t, err, "there is none")
		writePair(t, certFile, keyFile, "first")
		c, err := loadCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)))
		require.NoError(t, err)
		name := func() string {
			t.Helper()
			time.Sleep(certCheck)
			pair, err := c.get(nil)
			require.NoError(t, err)
			return pair.Leaf.Subject.CommonName
		}
		require.Equal(t, "first", name())
		require.Empty(t, log.String())

		writePair(t, certFile, keyFile, "second")
		require.Equal(t, "second", name())
		require.Contains(t, log.String(), "certificate read again")

		log.Reset()
		writePair(t, certFile, filepath.Join(dir, "other.pem"), "third") // the key is yet to come
		for range 3 {
			require.Equal(t, "second", name())
		}
		require.Equal(t, 1, strings.Count(log.String(), "can't be read"), "told once")
		require.NoError(t, os.Rename(filepath.Join(dir, "other.pem"), keyFile))
		require.Equal(t, "third", name())

		log.Reset()
		require.NoError(t, os.Remove(keyFile))
		for range 3 {
			require.Equal(t, "third", name())
		}
		require.Equal(t, 1, strings.Count(log.String(), "can't be read"), "told once")
	})
}

func TestCertificate_is_exported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		dir := t.TempDir()
		certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		writePair(t, certFile, keyFile, "first")
		c, err := loadCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)))
		require.NoError(t, err)
		registry := prometheus.NewRegistry()
		registry.MustRegister(c)
		is := func(notAfter time.Time, failed string) {
			t.Helper()
			time.Sleep(certCheck)
			page := exposition(registry)
			require.Contains(t, page, "audioroom_tls_reload_failed "+failed)
			at, err := strconv.ParseFloat(strings.TrimPrefix(page[slices.IndexFunc(page, func(line string) bool {
				return strings.HasPrefix(line, "audioroom_tls_certificate_not_after_timestamp_seconds ")
			})], "audioroom_tls_certificate_not_after_timestamp_seconds "), 64)
			require.NoError(t, err)
			require.EqualValues(t, notAfter.Unix(), at)
		}
		first := c.pair.Leaf.NotAfter
		is(first, "0")

		// A key that is gone for a while, twice: each time is told.
		for n := range 2 {
			require.NoError(t, os.Rename(keyFile, keyFile+".away"))
			is(first, "1")
			is(first, "1")
			require.Equal(t, n+1, strings.Count(log.String(), "can't be read"))
			require.NoError(t, os.Rename(keyFile+".away", keyFile))
			is(first, "0")
		}

		time.Sleep(time.Minute)
		writePair(t, certFile, keyFile, "second")
		is(time.Now().Add(time.Hour), "0") // nobody shakes hands: being asked is enough
	})
}

func TestConfig_trustedProxies(t *testing.T) {
	c := config{Proxies: []string{"10.1.2.3/8", " 192.0.2.1", "fd00::/8"}}
	networks, err := c.trustedProxies()
	require.NoError(t, err)
	require.Equal(t, []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("fd00::/8"),
	}, networks)
	for _, bad := range []string{"proxy.example", "10.0.0.0/33", ""} {
		_, err := (&config{Proxies: []string{bad}}).trustedProxies()
		require.ErrorContains(t, err, "is not a network")
	}
}
