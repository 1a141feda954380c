package oncall

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Store keeps alerts. One transaction stands behind each method.
type Store interface {
	// Supervise locks the academy's supervision, calls change with the scene as
	// it stands for that command ("" for none; see [Scene.Done]), and keeps what
	// it returns in the same transaction. An error of change is returned as it is
	// and changes nothing.
	Supervise(ctx context.Context, academy tickets.AcademyID, now time.Time, command string, change func(Scene) (Changes, error)) error
	// Scene returns the scene as it stands, without locking it.
	Scene(ctx context.Context, academy tickets.AcademyID, now time.Time) (Scene, error)
	// Roster returns a scene with no more than who is of the desk, and on duty.
	Roster(ctx context.Context, academy tickets.AcademyID, now time.Time) (Scene, error)
	// Alert returns one alert, over or not, as a [tickets.NotFound] error where
	// there is none.
	Alert(ctx context.Context, academy tickets.AcademyID, id uuid.UUID) (Alert, error)
	// PastAlerts returns the alerts that ended since then, the latest first.
	PastAlerts(ctx context.Context, academy tickets.AcademyID, since time.Time, limit int) ([]Alert, error)
	// Traces returns what happened to an alert, in order.
	Traces(ctx context.Context, academy tickets.AcademyID, alert uuid.UUID) ([]Trace, error)
}

// Room is the one door to alerts and duty: it acts and reads with the
// permissions of the caller. It is safe for concurrent use.
type Room struct {
	store     Store
	now       func() time.Time
	committed func()
}

// Options are what a Room is made of.
type Options struct {
	Store Store // required
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Committed is called after each change that may owe deliveries; it must not
	// block. Nothing when nil.
	Committed func()
}

// NewRoom returns a room over a store.
func NewRoom(o Options) *Room {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Committed == nil {
		o.Committed = func() {}
	}
	return &Room{store: o.Store, now: o.Now, committed: o.Committed}
}

// moment is now, as precise as the store keeps it.
func (r *Room) moment() time.Time { return r.now().UTC().Truncate(time.Microsecond) }

// Tick does what has become due in an academy, and returns the deliveries that
// must not go through the queue: it may be what they warn of. Whoever ticks, and
// however often, the same is done once.
func (r *Room) Tick(ctx context.Context, academy tickets.AcademyID) (direct []tickets.DeliveryKey, err error) {
	owes := false
	err = r.store.Supervise(ctx, academy, r.moment(), "", func(s Scene) (Changes, error) {
		c := s.Decide()
		direct, owes = c.Direct, len(c.Deliveries) > 0
		return c, nil
	})
	if err == nil && owes {
		r.committed()
	}
	return direct, err
}

// Board is what stands, for who supervises.
type Board struct {
	Academy      tickets.Academy
	Alerts       []Card // the most severe first, then the longest
	Silences     []Silence
	Duty, Deputy tickets.Person // zero for nobody
	Until        time.Time      // the end of the duty's turn; zero when it is the rota's
	Queues       []Queue
	Lines        []Line
	People       map[uuid.UUID]tickets.Person // the desk
}

// Board returns what stands in the caller's academy, to supervisors and to who
// is on duty; others are refused as [tickets.Forbidden].
func (r *Room) Board(ctx context.Context, by tickets.Caller) (Board, error) {
	s, err := r.store.Scene(ctx, by.Person.Academy, r.moment())
	if err != nil {
		return Board{}, err
	}
	if !s.may(by.Person) {
		return Board{}, refuse(tickets.Forbidden, "alert.forbidden")
	}
	return s.board(), nil
}

func (s Scene) board() Board {
	b := Board{Academy: s.Academy, Silences: s.Silences, Queues: s.Queues, Lines: s.Lines, People: s.Desk}
	b.Duty, b.Deputy = s.OnDuty()
	for _, t := range s.Turns {
		if t.Person == b.Duty.ID {
			b.Until = t.Until
		}
	}
	d := &decision{Scene: s}
	firings := map[uuid.UUID][]Firing{}
	for _, f := range s.Firings {
		if f.EndedAt.IsZero() {
			firings[f.Alert] = append(firings[f.Alert], f)
		}
	}
	for _, a := range s.Alerts {
		slices.SortFunc(firings[a.ID], compareFirings)
		if of := firings[a.ID]; len(of) > 0 {
			b.Alerts = append(b.Alerts, d.card(a, of))
		}
	}
	slices.SortStableFunc(b.Alerts, func(x, y Card) int {
		if x.Severity != y.Severity {
			return int(y.Severity - x.Severity)
		}
		return x.OpenedAt.Compare(y.OpenedAt)
	})
	return b
}

// may says whether alerts are the person's business.
func (s Scene) may(p tickets.Person) bool {
	duty, deputy := s.OnDuty()
	return p.Academy == s.Academy.ID && p.ID != uuid.Nil && (p.Supervisor() || p.ID == duty.ID || p.ID == deputy.ID)
}

// Answers says whether alerts are the person's business: supervisors', and
// whoever's is on duty now.
func (r *Room) Answers(ctx context.Context, p tickets.Person) (bool, error) {
	if p.Supervisor() || !p.Agent() {
		return p.Supervisor(), nil
	}
	s, err := r.store.Roster(ctx, p.Academy, r.moment())
	return err == nil && s.may(p), err
}

// Acknowledge says that the caller sees to the alert: it is not
// escalated nor posted again until the acknowledgement expires. It returns the
// card as it is then.
func (r *Room) Acknowledge(ctx context.Context, by tickets.Caller, ref Ref) (Card, error) {
	return r.act(ctx, by, ref, func(d *decision, a *Alert) error {
		d.acknowledge(a, by.Person)
		return nil
	})
}

// Snooze keeps the alert quiet for that long, from five minutes to a day; if it
// still stands then it is posted anew.
func (r *Room) Snooze(ctx context.Context, by tickets.Caller, ref Ref, length time.Duration) (Card, error) {
	return r.act(ctx, by, ref, func(d *decision, a *Alert) error {
		if length < minHold || length > maxSnooze {
			return &tickets.Error{Code: tickets.Invalid, Field: "duration", Message: "alert.snooze.bounds"}
		}
		d.hold(a, by.Person, Snoozed, d.Now.Add(length))
		return nil
	})
}

// Escalate takes the alert's next step now. An alert that has reached everybody
// is refused as [tickets.Conflict].
func (r *Room) Escalate(ctx context.Context, by tickets.Caller, ref Ref) (Card, error) {
	return r.act(ctx, by, ref, func(d *decision, a *Alert) error {
		if a.Step == ToAll {
			return refuse(tickets.Conflict, "alert.escalated.all", a.Rank)
		}
		d.hasten(a, by.Person)
		return nil
	})
}

// act does something to an alert, and what follows from it; once for a command,
// which when it is delivered again is answered with the card as it stands.
func (r *Room) act(ctx context.Context, by tickets.Caller, ref Ref, do func(*decision, *Alert) error) (Card, error) {
	var card Card
	var done uuid.UUID
	err := r.store.Supervise(ctx, by.Person.Academy, r.moment(), by.Command, func(s Scene) (Changes, error) {
		if !s.may(by.Person) {
			return Changes{}, refuse(tickets.Forbidden, "alert.forbidden")
		}
		if done = s.Done; done != uuid.Nil {
			return Changes{}, nil
		}
		i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return ref.is(a) })
		if i < 0 {
			return Changes{}, ref.missing()
		}
		var refused error
		c, told := s.act(i, func(d *decision, a *Alert) {
			if refused = do(d, a); len(d.out.Traces) > 0 {
				d.out.Traces[0].Command = by.Command
			}
		})
		if refused != nil {
			return Changes{}, refused
		}
		card = told
		return c, nil
	})
	if err == nil && done != uuid.Nil {
		near, err := r.Look(ctx, by, done)
		return near.Card, err
	}
	if err == nil {
		r.committed()
	}
	return card, err
}

// act does something to the alert at i, and decides what follows from it. It
// returns the card as it is told then, or would be where nobody was told of it.
func (s Scene) act(i int, do func(*decision, *Alert)) (Changes, Card) {
	d := &decision{Scene: s}
	do(d, &s.Alerts[i])
	id := s.Alerts[i].ID
	c := s.decide(id)
	c.Traces = append(d.out.Traces, c.Traces...)
	at := slices.IndexFunc(c.Alerts, func(a Alert) bool { return a.ID == id })
	if at < 0 {
		c.Alerts = append(c.Alerts, s.Alerts[i])
		at = len(c.Alerts) - 1
	}
	if a := c.Alerts[at]; a.PostedAt.IsZero() {
		var near Look
		s.look(a, &near)
		return c, near.Card
	}
	return c, c.Alerts[at].Told
}

// Silence keeps a rule, a theme, or a rule of a theme from being told until then,
// for a reason that others read. At least one of them is named; it lasts a week
// at most. It returns the silence with its number.
func (r *Room) Silence(ctx context.Context, by tickets.Caller, rule tickets.AlertRule, theme string, length time.Duration, reason string) (Silence, error) {
	var silence Silence
	err := r.store.Supervise(ctx, by.Person.Academy, r.moment(), by.Command, func(s Scene) (Changes, error) {
		reason = strings.TrimSpace(reason)
		_, known := rule.Usual()
		_, of := s.Academy.Theme(theme)
		switch {
		case !s.may(by.Person):
			return Changes{}, refuse(tickets.Forbidden, "alert.forbidden")
		case rule == "" && theme == "" || rule != "" && !known || theme != "" && !of:
			return Changes{}, &tickets.Error{Code: tickets.Invalid, Field: "what", Message: "alert.silence.what"}
		case length < minHold || length > maxSilence:
			return Changes{}, &tickets.Error{Code: tickets.Invalid, Field: "duration", Message: "alert.silence.bounds"}
		case reason == "" || utf8.RuneCountInString(reason) > maxReason:
			return Changes{}, &tickets.Error{Code: tickets.Invalid, Field: "reason", Message: "alert.silence.reason", Args: []any{maxReason}}
		}
		if i := slices.IndexFunc(s.Silences, func(q Silence) bool { return q.ID == s.Done }); i >= 0 { // delivered again
			silence = s.Silences[i]
			return Changes{}, nil
		}
		silence = Silence{
			Academy: s.Academy.ID, ID: newID(), Rank: s.LastSilence + 1, Rule: rule, Theme: theme,
			By: by.Person.ID, Reason: reason, From: s.Now, Until: s.Now.Add(length), Command: by.Command,
		}
		s.Silences = append(s.Silences, silence)
		c := s.Decide()
		c.Silences = append(c.Silences, silence)
		return c, nil
	})
	if err == nil {
		r.committed()
	}
	return silence, err
}

// EndSilence ends the silence of that number now.
func (r *Room) EndSilence(ctx context.Context, by tickets.Caller, rank int) error {
	err := r.store.Supervise(ctx, by.Person.Academy, r.moment(), by.Command, func(s Scene) (Changes, error) {
		if !s.may(by.Person) {
			return Changes{}, refuse(tickets.Forbidden, "alert.forbidden")
		}
		i := slices.IndexFunc(s.Silences, func(q Silence) bool { return q.Rank == rank })
		if i < 0 {
			return Changes{}, refuse(tickets.NotFound, "alert.silence.not_found", rank)
		}
		s.Silences[i].Until = s.Now
		c := s.Decide()
		c.Silences = append(c.Silences, s.Silences[i])
		return c, nil
	})
	if err == nil {
		r.committed()
	}
	return err
}

// Duty is who answers for the desk now.
type Duty struct {
	Duty, Deputy tickets.Person // zero for nobody
	Until        time.Time      // the end of a turn; zero when it is the rota's
	Rota         tickets.Rota
}

// Duty returns who is on duty, to any member of the desk.
func (r *Room) Duty(ctx context.Context, by tickets.Caller) (Duty, error) {
	s, err := r.store.Scene(ctx, by.Person.Academy, r.moment())
	if err != nil {
		return Duty{}, err
	}
	if !by.Person.Agent() || by.Person.Academy != s.Academy.ID {
		return Duty{}, refuse(tickets.Forbidden, "alert.forbidden")
	}
	b := s.board()
	return Duty{Duty: b.Duty, Deputy: b.Deputy, Until: b.Until, Rota: s.Academy.OnCall.Rota}, nil
}

// HandOver puts a member of the desk on duty, the caller too, until then; the
// zero time is the end of the open day. Supervisors may, and who is on duty.
func (r *Room) HandOver(ctx context.Context, by tickets.Caller, to uuid.UUID, until time.Time) (Duty, error) {
	var duty Duty
	err := r.store.Supervise(ctx, by.Person.Academy, r.moment(), by.Command, func(s Scene) (Changes, error) {
		if until.IsZero() {
			until = s.endOfShift(s.Now)
		}
		_, member := s.Desk[to]
		switch {
		case !s.may(by.Person):
			return Changes{}, refuse(tickets.Forbidden, "alert.forbidden")
		case !member:
			return Changes{}, refuse(tickets.Invalid, "duty.not_of_desk")
		case until.Before(s.Now.Add(minHold-turnSlack)) || until.After(s.Now.Add(maxTurn)):
			return Changes{}, &tickets.Error{Code: tickets.Invalid, Field: "duration", Message: "duty.bounds"}
		}
		if s.Done != uuid.Nil { // delivered again
			b := s.board()
			duty = Duty{Duty: b.Duty, Deputy: b.Deputy, Until: b.Until, Rota: s.Academy.OnCall.Rota}
			return Changes{}, nil
		}
		turn := Turn{Academy: s.Academy.ID, ID: newID(), Person: to, By: by.Person.ID, From: s.Now, Until: until, At: s.Now, Command: by.Command}
		s.Turns = append(s.Turns, turn)
		b := s.board()
		duty = Duty{Duty: b.Duty, Deputy: b.Deputy, Until: until, Rota: s.Academy.OnCall.Rota}
		c := s.Decide()
		c.Turns = append(c.Turns, turn)
		return c, nil
	})
	return duty, err
}

// Trace returns what happened to an alert of the caller's academy.
func (r *Room) Trace(ctx context.Context, by tickets.Caller, alert uuid.UUID) ([]Trace, error) {
	if !by.Person.Supervisor() {
		return nil, refuse(tickets.Forbidden, "alert.forbidden")
	}
	return r.store.Traces(ctx, by.Person.Academy, alert)
}

// Past returns the alerts of the caller's academy that ended since then, the
// latest first, at most limit.
func (r *Room) Past(ctx context.Context, by tickets.Caller, since time.Time, limit int) ([]Alert, error) {
	if !by.Person.Supervisor() {
		return nil, refuse(tickets.Forbidden, "alert.forbidden")
	}
	return r.store.PastAlerts(ctx, by.Person.Academy, since, limit)
}
