package standin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Server is a backend that listens.
type Server struct {
	// URL is where it listens, without a slash at its end.
	URL string

	http   *http.Server
	cancel context.CancelFunc
	done   chan struct{}
}

// Start listens on a free port of 127.0.0.1. Stop ends it.
func (b *Backend) Start() (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("stand-in: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		URL: "http://" + listener.Addr().String(),
		http: &http.Server{
			Handler:           b,
			ReadHeaderTimeout: 10 * time.Second,
			BaseContext:       func(net.Listener) context.Context { return ctx },
		},
		cancel: cancel,
		done:   make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // always the error of being stopped
	}()
	return s, nil
}

// Stop cuts off hanging calls, lets the others finish within ctx, and returns
// when nothing listens any more.
func (s *Server) Stop(ctx context.Context) error {
	s.cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	<-s.done
	return err
}

// Transport returns a transport that hands every request straight to the
// backend, without a network: for tests under a fake clock.
func (b *Backend) Transport() http.RoundTripper { return direct{b} }

type direct struct{ backend *Backend }

// RoundTrip returns once the backend is done with the request, which it is as
// soon as the request's context has ended.
func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		req = req.Clone(req.Context())
		req.Body = http.NoBody
	}
	defer req.Body.Close()
	w := &page{header: make(http.Header)}
	cut := d.serve(w, req)
	switch {
	case req.Context().Err() != nil:
		return nil, req.Context().Err()
	case cut:
		return nil, io.ErrUnexpectedEOF
	}
	return w.response(req), nil
}

// serve returns whether the backend cut the call off.
func (d direct) serve(w *page, req *http.Request) (cut bool) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			cut = true
		default:
			panic(p)
		}
	}()
	d.backend.ServeHTTP(w, req)
	return false
}

// page is an answer in memory.
type page struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the headers to send.
func (p *page) Header() http.Header { return p.header }

// WriteHeader sets the status, the first time.
func (p *page) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

// Write adds to the body.
func (p *page) Write(data []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.body.Write(data)
}

func (p *page) response(req *http.Request) *http.Response {
	return &http.Response{
		Status:        http.StatusText(p.status),
		StatusCode:    p.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        p.header,
		Body:          io.NopCloser(&p.body),
		ContentLength: int64(p.body.Len()),
		Request:       req,
	}
}
