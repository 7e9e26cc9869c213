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
	failed  string    // why the files could not be read, told once
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
	now := time.Now()
	if now.Sub(c.checked) < certCheck {
		return c.pair, nil
	}
	c.checked = now
	stamp, err := c.look()
	if err == nil && stamp == c.stamp {
		return c.pair, nil
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
	return c.pair, nil
}

// secure puts TLS in front of a listener if the configuration asks for it. On an
// error the listener is closed.
func (c *config) secure(listener net.Listener, log *slog.Logger) (net.Listener, error) {
	if c.TLSCert == "" {
		return listener, nil
	}
	pair, err := loadCertificate(c.TLSCert, c.TLSKey, log.With("component", "tls"))
	if err != nil {
		listener.Close()
		return nil, fmt.Errorf("can't use the certificate: %w", err)
	}
	// Without HTTP/2: a WebSocket takes its connection over.
	return tls.NewListener(listener, &tls.Config{
		GetCertificate: pair.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	}), nil
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
