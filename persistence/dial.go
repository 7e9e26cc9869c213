package persistence

import (
	"context"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// newClient makes a client with at most so many connections, each of which
// gathers up to writeBuffer bytes for one write. It does not connect yet. It
// never sends anything twice: who asks decides that.
func newClient(url string, connections, writeBuffer int, wrap func(net.Conn) net.Conn) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	options.Protocol = 2 // no push messages to look for before each pipeline
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.DialTimeout = dialTimeout
	options.ReadTimeout = ioTimeout
	options.WriteTimeout = ioTimeout
	options.ContextTimeoutEnabled = true
	options.PoolSize = connections
	options.WriteBufferSize = writeBuffer
	options.MinIdleConns = 0
	options.PipelinePoolSize = -1     // the one pool serves both
	options.PoolTimeout = time.Minute // the context of each question ends before

	dial := redis.NewDialer(options)
	options.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return &stillborn{err: err}, nil
		}
		return wrap(conn), nil
	}
	return redis.NewClient(options), nil
}

// stillborn stands for a connection that could not be made: whoever uses it
// hears why. After as many failed dials as it has connections the client's pool
// would refuse all use and look only once a second whether dialling works
// again, which is too slow for the commits that wait.
type stillborn struct{ err error }

func (c *stillborn) Read([]byte) (int, error)         { return 0, c.err }
func (c *stillborn) Write([]byte) (int, error)        { return 0, c.err }
func (c *stillborn) Close() error                     { return nil }
func (c *stillborn) LocalAddr() net.Addr              { return nowhere{} }
func (c *stillborn) RemoteAddr() net.Addr             { return nowhere{} }
func (c *stillborn) SetDeadline(time.Time) error      { return nil }
func (c *stillborn) SetReadDeadline(time.Time) error  { return nil }
func (c *stillborn) SetWriteDeadline(time.Time) error { return nil }

type nowhere struct{}

func (nowhere) Network() string { return "none" }
func (nowhere) String() string  { return "none" }
