package mattermost

import (
	"math"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// limiter bounds how fast each account sends commands, in this process.
type limiter struct {
	every rate.Limit
	burst int

	mu       sync.Mutex
	accounts map[string]*rate.Limiter
}

// accountsKept is how many accounts' recent speed is known at once.
const accountsKept = 10_000

func newLimiter(perMinute, burst int) *limiter {
	return &limiter{every: rate.Limit(float64(perMinute) / 60), burst: burst, accounts: map[string]*rate.Limiter{}}
}

// take lets a command of the account pass, or says how long until it would.
func (l *limiter) take(account string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.accounts[account]
	if own == nil {
		if len(l.accounts) >= accountsKept {
			l.forget(now)
		}
		own = rate.NewLimiter(l.every, l.burst)
		l.accounts[account] = own
	}
	if own.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - own.TokensAt(now)
	return time.Duration(missing / float64(l.every) * float64(time.Second)), false
}

// forget drops the accounts that have been quiet, or else any one.
func (l *limiter) forget(now time.Time) {
	for account, own := range l.accounts {
		if own.TokensAt(now) >= float64(l.burst) {
			delete(l.accounts, account)
		}
	}
	for account := range l.accounts {
		if len(l.accounts) < accountsKept {
			return
		}
		delete(l.accounts, account)
	}
}

// tooFast answers an account that sends more than it may, and notes it.
func (s *Commands) tooFast(r *http.Request, c ingest.Command) (said string, is bool) {
	if s.limiter == nil {
		return "", false
	}
	wait, ok := s.limiter.take(string(c.Academy)+"/"+c.Account, s.Now())
	if ok {
		return "", false
	}
	s.refuse(r, "too many commands", "academy", c.Academy, "account", c.Account)
	p := locale.For(s.lang(r.Context(), c, tickets.Person{}), nil)
	return p.T("chat.http.too_fast", int(math.Ceil(max(wait.Seconds(), 1)))), true
}

// allowed says whether a request comes from where Mattermost is. Who asks is
// whoever connects: a header could say anything.
func (s *Commands) allowed(r *http.Request) bool {
	if len(s.Allow) == 0 {
		return true
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, network := range s.Allow {
		if network.Contains(from.Addr().Unmap().WithZone("")) {
			return true
		}
	}
	return false
}
