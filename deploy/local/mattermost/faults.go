package mattermost

import (
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Fault makes requests of the API fail on purpose. The zero value does nothing;
// the fields combine, Delay first.
type Fault struct {
	// Route limits the fault to one route, in the form of the route table, for
	// example "POST /api/v4/posts"; empty: every route but the page's.
	Route string
	// Times is how many requests are hit; 0: all until Heal.
	Times int
	// Delay waits before anything else, in real time.
	Delay time.Duration
	// Hang never answers: the client must give up, or the server be closed.
	Hang bool
	// Status answers this instead of doing the work: 429 as the rate limiter
	// does, anything else as an internal error.
	Status int
	// LoseAnswer does the work and cuts the connection before answering, so that
	// the client cannot know.
	LoseAnswer bool
}

// Fail adds a fault. Faults are tried in the order they were added.
func (s *Server) Fail(f Fault) { s.faults.add(f) }

// Heal removes every fault, and lets posts held by HoldPosts go.
func (s *Server) Heal() { s.faults.heal() }

// HoldPosts makes every new post wait, after its pending_post_id is claimed and
// before it is saved, until release is called (or Heal). A second request with
// the same key then loses the race, see mattermost.md, "Posting as the bot".
func (s *Server) HoldPosts() (release func()) { return s.faults.hold() }

// HeldPosts counts the posts that are waiting for HoldPosts' release, their keys
// claimed.
func (s *Server) HeldPosts() int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return s.faults.waiting
}

// Requests counts the requests that reached a route since the start, for example
// "POST /api/v4/posts", those hit by a fault included; empty: all of them.
func (s *Server) Requests(route string) int { return s.faults.count(route) }

// LimitRate switches the rate limiter on: perSecond requests of one IP on
// average, burst at once, measured by the injected clock. 0 switches it off.
func (s *Server) LimitRate(perSecond float64, burst int) { s.faults.limit(perSecond, burst) }

// faults is the state behind these switches.
type faults struct {
	now     func() time.Time
	closing <-chan struct{}

	mu        sync.Mutex
	list      []*Fault
	counts    map[string]int
	held      chan struct{} // closed to let held posts go; nil: none held
	waiting   int
	perSecond rate.Limit
	burst     int
	limiters  map[string]*rate.Limiter // by IP; the double listens on loopback, so few
}

func newFaults(now func() time.Time, closing <-chan struct{}) *faults {
	return &faults{now: now, closing: closing, counts: map[string]int{}}
}

func (f *faults) add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &fault)
}

func (f *faults) heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
	if f.held != nil {
		close(f.held)
		f.held = nil
	}
}

func (f *faults) hold() func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held == nil {
		f.held = make(chan struct{})
	}
	held := f.held
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.held == held {
			close(held)
			f.held = nil
		}
	}
}

// waitHeld blocks while posts are held.
func (f *faults) waitHeld() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held == nil {
		return
	}
	held := f.held
	f.waiting++
	f.mu.Unlock()
	select {
	case <-held:
	case <-f.closing:
	}
	f.mu.Lock()
	f.waiting--
}

func (f *faults) count(route string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[route]
}

func (f *faults) limit(perSecond float64, burst int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.perSecond, f.burst, f.limiters = rate.Limit(perSecond), burst, map[string]*rate.Limiter{}
}

// take counts a request and returns the fault it meets, if any.
func (f *faults) take(route string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[route]++
	f.counts[""]++
	for i, fault := range f.list {
		if fault.Route != "" && fault.Route != route {
			continue
		}
		hit := *fault
		if fault.Times > 0 {
			if fault.Times--; fault.Times == 0 {
				f.list = append(f.list[:i:i], f.list[i+1:]...)
			}
		}
		return hit
	}
	return Fault{}
}

// allowed says whether the rate limiter lets a request pass, and tells the client
// how it stands, in whole requests and seconds. Real servers count by IP unless
// told otherwise.
func (f *faults) allowed(h http.Header, r *http.Request) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.perSecond <= 0 {
		return true
	}
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	l := f.limiters[ip]
	if l == nil {
		l = rate.NewLimiter(f.perSecond, f.burst)
		f.limiters[ip] = l
	}
	now := f.now()
	ok := l.AllowN(now, 1)
	left := max(l.TokensAt(now), 0)
	h.Set("X-Ratelimit-Limit", strconv.Itoa(f.burst))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(int(left)))
	h.Set("X-Ratelimit-Reset", strconv.Itoa(int(math.Ceil((float64(f.burst)-left)/float64(f.perSecond)))))
	return ok
}

// wrap puts the counter, the faults and the rate limiter before a route.
func (f *faults) wrap(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault := f.take(route)
		if fault.Delay > 0 {
			t := time.NewTimer(fault.Delay)
			defer t.Stop()
			select {
			case <-t.C:
			case <-r.Context().Done():
				return
			case <-f.closing:
				return
			}
		}
		switch {
		case fault.Hang:
			_, _ = io.Copy(io.Discard, r.Body) // or the server would not notice that the client leaves
			select {
			case <-r.Context().Done():
			case <-f.closing:
			}
			panic(http.ErrAbortHandler) // cuts the connection without an answer
		case fault.Status == http.StatusTooManyRequests || !f.allowed(w.Header(), r):
			refuseRate(w)
		case fault.Status != 0:
			writeError(w, r, &apiError{id: "app.fault", status: fault.Status})
		case fault.LoseAnswer:
			next.ServeHTTP(&answer{header: http.Header{}}, r)
			panic(http.ErrAbortHandler)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// refuseRate answers like the real limiter: plain text, which model.Client4
// cannot decode into an AppError. A refusal that a fault ordered has no limiter
// behind it: it names a limit of its own.
func refuseRate(w http.ResponseWriter) {
	h := w.Header()
	if h.Get("X-Ratelimit-Limit") == "" {
		h.Set("X-Ratelimit-Limit", "100")
		h.Set("X-Ratelimit-Remaining", "0")
		h.Set("X-Ratelimit-Reset", "1")
	}
	h.Set("Retry-After", "1")
	http.Error(w, "limit exceeded", http.StatusTooManyRequests)
}
