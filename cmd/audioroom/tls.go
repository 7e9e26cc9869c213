package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// certCheck is how long a certificate is used before a handshake looks whether its
// files have changed.
const certCheck = time.Second

// certificate is a key pair from files that may be replaced while the server
// runs. A pair that can't be read leaves the former one in use: files are
// seldom replaced both at once.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	stamp   string    // of the files that pair is from
	checked time.Time // when the files were last looked at
	failed  string    // why the present files can't be read, told once; "" if they can
}

// loadCertificate reads a key pair for the first time.
func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, checked: time.Now()}
	var err error
	if c.stamp, err = c.look(); err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	c.pair = &pair
	return c, err
}

// look returns what tells the present files from others.
func (c *certificate) look() (stamp string, err error) {
	for _, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return "", err
		}
		stamp += fmt.Sprintf("%v %d ", info.ModTime().UnixNano(), info.Size())
	}
	return stamp, nil
}

// get is for tls.Config.GetCertificate, which calls it from many goroutines.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh()
	return c.pair, nil
}

// state tells when the certificate in use runs out, and whether the present files
// can't be read. It looks at them, so that a server without handshakes notices.
func (c *certificate) state() (notAfter time.Time, failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh()
	return c.pair.Leaf.NotAfter, c.failed != ""
}

// refresh reads the files if they have changed, at most once in certCheck. The
// lock is held.
func (c *certificate) refresh() {
	now := time.Now()
	if now.Sub(c.checked) < certCheck {
		return
	}
	c.checked = now
	stamp, err := c.look()
	if err == nil && stamp == c.stamp {
		c.failed = ""
		return
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(c.certFile, c.keyFile)
	}
	switch {
	case err == nil:
		c.pair, c.stamp, c.failed = &pair, stamp, ""
		c.log.Info("certificate read again", "expires", pair.Leaf.NotAfter)
	case c.failed != err.Error():
		c.failed = err.Error()
		c.log.Error("new certificate can't be read, the former one stays in use", "error", err)
	}
}

var _ prometheus.Collector = (*certificate)(nil)

// What is exported of a certificate. There is neither without TLS.
var (
	certNotAfter = prometheus.NewDesc("audioroom_tls_certificate_not_after_timestamp_seconds",
		"When the certificate in use runs out, in Unix time.", nil, nil)
	certFailed = prometheus.NewDesc("audioroom_tls_reload_failed",
		"Whether the files of the certificate can't be read, so that a former one is in use: 1 or 0.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *certificate) Describe(to chan<- *prometheus.Desc) {
	to <- certNotAfter
	to <- certFailed
}

// Collect implements prometheus.Collector.
func (c *certificate) Collect(to chan<- prometheus.Metric) {
	notAfter, failed := c.state()
	to <- prometheus.MustNewConstMetric(certNotAfter, prometheus.GaugeValue, float64(notAfter.Unix()))
	to <- prometheus.MustNewConstMetric(certFailed, prometheus.GaugeValue, truth(failed))
}

// loadTLS reads the certificate if the configuration asks for TLS, and has it
// exported. Without TLS there is none.
func (s *server) loadTLS() (err error) {
	if s.config.TLSCert == "" {
		return nil
	}
	s.cert, err = loadCertificate(s.config.TLSCert, s.config.TLSKey, s.log.With("component", "tls"))
	if err != nil {
		return fmt.Errorf("can't use the certificate: %w", err)
	}
	s.metrics.registry.MustRegister(s.cert)
	return nil
}

// secure puts TLS in front of a listener if there is a certificate.
func (s *server) secure(listener net.Listener) net.Listener {
	if s.cert == nil {
		return listener
	}
	// Without HTTP/2: a WebSocket takes its connection over.
	return tls.NewListener(listener, &tls.Config{
		GetCertificate: s.cert.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	})
}

func (c *config) validateTLS(f *faults) {
	switch {
	case c.TLSCert == "" && c.TLSKey != "":
		f.add("tls-cert", "missing beside --tls-key")
	case c.TLSCert != "" && c.TLSKey == "":
		f.add("tls-key", "missing beside --tls-cert")
	}
}

// trustedProxies reads the networks. A bare address is a network of its own.
func (c *config) trustedProxies() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range c.Proxies {
		text = strings.TrimSpace(text)
		network, err := netip.ParsePrefix(text)
		if addr, bare := netip.ParseAddr(text); bare == nil {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is not a network such as 10.0.0.0/8", text)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}
