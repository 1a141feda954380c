package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"cecoia.example/tickets"
)

// suggested is how many people are proposed while somebody types.
const suggested = 8

// suggestion is one of them, as the script shows it.
type suggestion struct {
	ID    uuid.UUID `json:"id"`
	Name  string    `json:"name"`
	About string    `json:"about"` // function, entity, place, mail address
}

// people answers the script of the people picker, in JSON: the first people
// found, and how many there are in words. The page without the script is that of
// form_whom.go.
func (s *server) people(w http.ResponseWriter, r *http.Request, v *visit) error {
	found, total, err := s.findPeople(r, v, r.URL.Query().Get("q"), suggested, 0)
	status := http.StatusOK
	answer := struct {
		Found  string       `json:"found"`
		People []suggestion `json:"people"`
	}{People: []suggestion{}}
	switch code := tickets.CodeOf(err); {
	case code == tickets.Unavailable:
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", "60")
		answer.Found = v.words.Error(err)
	case code == tickets.Invalid:
		status = http.StatusUnprocessableEntity
		answer.Found = v.words.Error(err)
	case err != nil:
		return err
	default:
		answer.Found = v.words.N("web.for.found", total)
	}
	for _, c := range found {
		var about []string
		for _, part := range []string{c.Function, c.Entity, c.Place, c.Email} {
			if part != "" {
				about = append(about, part)
			}
		}
		answer.People = append(answer.People, suggestion{c.ID, c.Name(), strings.Join(about, " · ")})
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("people: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err = w.Write(body)
	if err != nil {
		s.log.Debug("answer not taken", "trace", traceID(r.Context()), "err", err)
	}
	return nil
}

// findPeople searches the directory at the pace of somebody who types.
func (s *server) findPeople(r *http.Request, v *visit, text string, limit, offset int) ([]tickets.Colleague, int, error) {
	if strings.TrimSpace(text) == "" {
		return nil, 0, invalid("q", "web.people.missing")
	}
	if !s.lookups.allow(v.person.ID, s.now()) {
		return nil, 0, &tickets.Error{Code: tickets.Unavailable, Message: "web.people.pace", Field: "q"}
	}
	return s.desk.FindPeople(r.Context(), v.caller(), text, limit, offset)
}

// The pace of one person's searches: what typing needs, not what copying the
// directory does.
const (
	lookupsAtOnce    = 40
	lookupsPerSecond = 1
	maxLookers       = 10_000 // people whose pace is known
)

// lookups keeps each person's pace. It is safe for concurrent use.
type lookups struct {
	mu  sync.Mutex
	who map[uuid.UUID]*rate.Limiter
}

// allow says whether the person may search now.
func (l *lookups) allow(person uuid.UUID, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	pace, ok := l.who[person]
	if !ok {
		if len(l.who) >= maxLookers || l.who == nil {
			l.rest(now)
		}
		pace = rate.NewLimiter(lookupsPerSecond, lookupsAtOnce)
		l.who[person] = pace
	}
	return pace.AllowN(now, 1)
}

// rest forgets those who have not searched for a while; all, if all have.
func (l *lookups) rest(now time.Time) {
	busy := map[uuid.UUID]*rate.Limiter{}
	for person, pace := range l.who {
		if pace.TokensAt(now) < lookupsAtOnce && len(busy) < maxLookers/2 {
			busy[person] = pace
		}
	}
	l.who = busy
}
