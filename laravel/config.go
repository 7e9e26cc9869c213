package laravel

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The defaults of a Config, each the zero field's meaning.
const (
	DefaultTimeout          = 10 * time.Second       // the contract's
	DefaultRetryMax         = 2                      // a person waits for the answer: three attempts are enough
	DefaultRetryWaitMin     = 200 * time.Millisecond // a PHP worker's restart
	DefaultRetryWaitMax     = 2 * time.Second        // two waits fit into the budget
	DefaultRetryAfterMax    = 60 * time.Second       // Laravel's throttle counts by the minute
	DefaultQuestionBudget   = 12 * time.Second       // one silent attempt and a short second one
	DefaultQuestions        = 64                     // about what a PHP pool serves at once
	DefaultQuestionQueue    = 4096                   // waiting costs a goroutine each, some 4 KB
	DefaultCacheTTL         = 30 * time.Second       // the contract's
	DefaultCacheSize        = 100_000                // some 15 MB of answers at most
	DefaultStatusWindow     = 3 * time.Second        // the contract's
	DefaultReports          = 16                     // leaves most of a PHP pool to the web site
	DefaultReportBackoffMin = 500 * time.Millisecond // first retry of a status
	DefaultReportBackoffMax = 30 * time.Second       // longest silence between two attempts
	DefaultReportRooms      = 200_000                // some 100 MB of statuses at most
	DefaultCloseTimeout     = 15 * time.Second       // within what orchestrators grant a shutdown
)

// Config is what a Client and its Reporter are made of. BaseURL and Key are
// required; any other field left zero has the default of the same name.
type Config struct {
	// BaseURL is where the backend answers, http or https, with or without a
	// path: "https://example.org/api". The endpoints' paths are put behind it.
	BaseURL string
	// Key is sent as X-Internal-Key with every call. It is never logged.
	Key string

	// Timeout bounds one attempt, from dialling to the answer's last byte.
	Timeout time.Duration
	// RetryMax is how often a question is asked again after a connection error,
	// a 429 or a 5xx. Negative: never.
	RetryMax int
	// RetryWaitMin and RetryWaitMax bound the wait before a retry. It doubles
	// from the one to the other; up to half of it is taken off at random.
	RetryWaitMin, RetryWaitMax time.Duration
	// RetryAfterMax is the longest Retry-After that is obeyed; a longer one
	// counts as this.
	RetryAfterMax time.Duration
	// QuestionBudget bounds a whole question: waiting for its turn, attempts
	// and waits. A rank, which may need two calls, has one budget for both.
	QuestionBudget time.Duration
	// Questions is how many questions may be out at the same time.
	Questions int
	// QuestionQueue is how many more may wait for their turn; beyond it a
	// question fails at once.
	QuestionQueue int

	// CacheTTL is how long an answer may be given again.
	CacheTTL time.Duration
	// CacheSize bounds each of the two caches (rooms, roles), in answers; the
	// oldest make room.
	CacheSize int

	// StatusWindow is the least time between two statuses of one room, a close
	// excepted. Negative: none.
	StatusWindow time.Duration
	// Reports is how many statuses may be on their way at the same time.
	Reports int
	// ReportBackoffMin and ReportBackoffMax bound the wait before a status is
	// tried again, with the same growth and jitter as a question's retries.
	ReportBackoffMin, ReportBackoffMax time.Duration
	// ReportRooms bounds the rooms the Reporter knows at the same time. A
	// status beyond it waits in the outbox for the next start.
	ReportRooms int
	// CloseTimeout bounds Reporter.Close, whatever its context allows.
	CloseTimeout time.Duration

	// Transport carries the calls; nil is a pooled one bounded to Questions +
	// Reports connections.
	Transport http.RoundTripper
	// Wrap, if set, is put around the transport, once.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Logger hears what an operator should know; nil is slog.Default.
	Logger *slog.Logger
	// Observer is told of every attempt; nil is nobody.
	Observer Observer
}

// withDefaults returns the configuration with every zero field filled in.
func (c Config) withDefaults() Config {
	fill(&c.Timeout, DefaultTimeout)
	fill(&c.RetryMax, DefaultRetryMax)
	fill(&c.RetryWaitMin, DefaultRetryWaitMin)
	fill(&c.RetryWaitMax, max(DefaultRetryWaitMax, c.RetryWaitMin))
	fill(&c.RetryAfterMax, DefaultRetryAfterMax)
	fill(&c.QuestionBudget, DefaultQuestionBudget)
	fill(&c.Questions, DefaultQuestions)
	fill(&c.QuestionQueue, DefaultQuestionQueue)
	fill(&c.CacheTTL, DefaultCacheTTL)
	fill(&c.CacheSize, DefaultCacheSize)
	fill(&c.StatusWindow, DefaultStatusWindow)
	fill(&c.Reports, DefaultReports)
	fill(&c.ReportBackoffMin, DefaultReportBackoffMin)
	fill(&c.ReportBackoffMax, max(DefaultReportBackoffMax, c.ReportBackoffMin))
	fill(&c.ReportRooms, DefaultReportRooms)
	fill(&c.CloseTimeout, DefaultCloseTimeout)
	c.RetryMax = max(c.RetryMax, 0)
	c.StatusWindow = max(c.StatusWindow, 0)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Observer == nil {
		c.Observer = nobody{}
	}
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate names everything that is wrong with the configuration at once; nil
// means New accepts it.
func (c Config) Validate() error {
	c = c.withDefaults()
	var wrong []error
	if err := checkBaseURL(c.BaseURL); err != nil {
		wrong = append(wrong, err)
	}
	if c.Key == "" {
		wrong = append(wrong, errors.New("key is missing"))
	} else if strings.ContainsFunc(c.Key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		wrong = append(wrong, errors.New("key has control characters"))
	}
	for _, field := range []struct {
		name  string
		value int64
	}{
		{"timeout", int64(c.Timeout)},
		{"retry wait (min)", int64(c.RetryWaitMin)},
		{"retry-after (max)", int64(c.RetryAfterMax)},
		{"question budget", int64(c.QuestionBudget)},
		{"questions", int64(c.Questions)},
		{"question queue", int64(c.QuestionQueue)},
		{"cache TTL", int64(c.CacheTTL)},
		{"cache size", int64(c.CacheSize)},
		{"reports", int64(c.Reports)},
		{"report backoff (min)", int64(c.ReportBackoffMin)},
		{"report rooms", int64(c.ReportRooms)},
		{"close timeout", int64(c.CloseTimeout)},
	} {
		if field.value <= 0 {
			wrong = append(wrong, fmt.Errorf("%s is negative", field.name))
		}
	}
	if c.RetryWaitMax < c.RetryWaitMin {
		wrong = append(wrong, errors.New("retry wait (max) is below its min"))
	}
	if c.ReportBackoffMax < c.ReportBackoffMin {
		wrong = append(wrong, errors.New("report backoff (max) is below its min"))
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("laravel: %w", errors.Join(wrong...))
}

func checkBaseURL(base string) error {
	if base == "" {
		return errors.New("base URL is missing")
	}
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return errors.New("base URL can't be parsed")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("base URL is neither http nor https")
	case u.Hostname() == "":
		return errors.New("base URL has no host")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return errors.New("base URL has a query or a fragment")
	}
	return nil
}
