package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

// supervised is a world whose clock looks at alerts when it is told to, on a
// Monday morning.
type supervised struct {
	*world
	t    *testing.T
	desk *tickets.Desk
	room *oncall.Room
}

func newSupervised(t *testing.T) *supervised {
	t.Helper()
	s := &supervised{world: newWorld(t), t: t}
	s.now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s.desk, s.room = clocked(s.world)
	return s
}

// look lets time pass, looks, and looks again when what was found is told.
func (s *supervised) look(later time.Duration) {
	s.t.Helper()
	for _, d := range []time.Duration{later, 30 * time.Second} {
		s.now = s.now.Add(d)
		if _, err := s.room.Tick(s.t.Context(), "creteil"); err != nil {
			s.t.Fatal(err)
		}
	}
}

// stands wants the rule's latest alert to have been told in that state, "" for
// none, and posts of its own so many times in all.
func (s *supervised) stands(rule tickets.AlertRule, want oncall.State, posts int) {
	s.t.Helper()
	var state oncall.State
	if err := s.Pool().QueryRow(s.t.Context(), `SELECT coalesce((SELECT told->>'state' FROM alerts
		WHERE academy = 'creteil' AND rule = $1 ORDER BY rank DESC LIMIT 1), '')`, rule).Scan(&state); err != nil {
		s.t.Fatal(err)
	}
	posted := count(s.t, s.world, `SELECT count(*) FROM alert_traces t JOIN alerts a ON a.academy = t.academy AND a.id = t.alert
		WHERE t.academy = 'creteil' AND t.what = 'posted' AND a.rule = $1`, rule)
	if state != want || posted != posts {
		s.t.Errorf("%s: %q, %d posts, want %q, %d", rule, state, posted, want, posts)
	}
}

// open opens a ticket of claire's now.
func (s *supervised) open(urgency tickets.Urgency) tickets.Case {
	s.t.Helper()
	c, err := s.desk.Open(s.t.Context(), by("creteil", "claire"), tickets.Incident, tickets.Card{Description: "Écran noir.", Urgency: urgency})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *supervised) take(c tickets.Case) {
	s.t.Helper()
	must(s.t)(s.desk.Do(s.t.Context(), by("creteil", "agathe"), c.Number.Ref(), tickets.ActionTake, tickets.Input{}))
}

// settle records the outcome of all that is owed on a channel and due.
func (s *supervised) settle(channel tickets.Channel, r tickets.Receipt) (ids []uuid.UUID) {
	s.t.Helper()
	for _, n := range s.lease(s.t, "creteil", deliveries(s.t, s.world), s.now) {
		told := tickets.Receipt{Outcome: tickets.Delivered}
		if n.Channel == channel {
			told = r
			ids = append(ids, n.ID)
		}
		told.Delivery, told.At = n.ID, s.now
		s.record(s.t, "creteil", told)
	}
	return ids
}

// As many as on every Monday at that hour are nothing to tell; twice as many are,
// once in the day.
func TestAQueueThatGrows(t *testing.T) {
	s := newSupervised(t)
	monday := s.now
	open := func(n int) (out []tickets.Case) {
		for range n {
			s.now = s.now.Add(time.Second)
			out = append(out, s.open(tickets.Low))
		}
		return out
	}
	for week := range 4 {
		s.now = monday.AddDate(0, 0, -7*(week+1)).Add(-10 * time.Minute)
		for _, c := range open(6) {
			s.take(c)
		}
	}
	s.now = monday.Add(-10 * time.Minute)
	waiting := open(11)
	s.look(0)
	s.stands(tickets.AlertQueue, "", 0)
	waiting = append(waiting, open(1)...)
	s.look(0)
	s.stands(tickets.AlertQueue, oncall.StateFiring, 1)
	for _, c := range waiting[:3] {
		s.take(c)
	}
	s.look(time.Minute)
	s.stands(tickets.AlertQueue, oncall.StateResolved, 1)
	open(9)
	s.look(time.Minute)
	s.stands(tickets.AlertQueue, oncall.StateResolved, 1)
}

// An urgent ticket whose beneficiary gets no mail is told until they say that
// mail reaches them; one that is not urgent is not.
func TestAnUrgentTicketOfWhomMailDoesNotReach(t *testing.T) {
	s := newSupervised(t)
	low := s.open(tickets.Low)
	must(t)(s.desk.Do(t.Context(), by("creteil", "agathe"), low.Number.Ref(), tickets.ActionInform, tickets.Input{Text: "On regarde."}))
	mails := s.settle(tickets.Mail, tickets.Receipt{Outcome: tickets.Delivered})
	if got, err := s.desk.MailBounced(t.Context(), refusal(mails[0], "5.1.1")); err != nil || got != tickets.BounceMuted {
		t.Fatalf("%q, %v", got, err)
	}
	s.look(time.Minute)
	s.stands(tickets.AlertUnreachable, "", 0)
	s.open(tickets.High)
	s.look(time.Minute)
	s.stands(tickets.AlertUnreachable, oncall.StateFiring, 1)
	claire := by("creteil", "claire")
	m, muted, err := s.desk.Muting(t.Context(), claire)
	if err != nil || !muted {
		t.Fatalf("%v, %v", muted, err)
	}
	must(t)(s.desk.ConfirmAddress(t.Context(), claire, m.ID))
	s.look(time.Minute)
	s.stands(tickets.AlertUnreachable, oncall.StateResolved, 1)
}

// What will not be sent any more is told until somebody sends it anew.
func TestADeliveryThatIsDead(t *testing.T) {
	s := newSupervised(t)
	c := s.open(tickets.High)
	s.take(c)
	s.look(time.Minute)
	s.stands(tickets.AlertDead, "", 0)
	dead := s.settle(tickets.Mail, tickets.Receipt{Outcome: tickets.Permanent, Dead: true, Err: "550 no such user"})
	s.look(time.Minute)
	s.stands(tickets.AlertDead, oncall.StateFiring, 1)
	if n, err := s.desk.Replay(t.Context(), by("creteil", "sylvie"), dead); err != nil || n != 1 {
		t.Fatalf("%d replayed, %v", n, err)
	}
	s.look(time.Minute)
	s.stands(tickets.AlertDead, oncall.StateResolved, 1)
	// It dies again: that is another death.
	s.settle(tickets.Mail, tickets.Receipt{Outcome: tickets.Permanent, Dead: true, Err: "550 no such user"})
	s.look(time.Minute)
	s.stands(tickets.AlertDead, oncall.StateFiring, 2)
	must(t)(s.desk.Do(t.Context(), by("creteil", "agathe"), c.Number.Ref(), tickets.ActionClose, tickets.Input{Text: "Remplacé.", Cause: "panne"}))
	s.look(time.Minute)
	s.stands(tickets.AlertDead, oncall.StateResolved, 2)
}

// Posts that nobody takes up for two minutes are told, by mail too, until one is
// sent; and so are those that the chat turns away again and again.
func TestAConsumerThatStopped(t *testing.T) {
	mails := func(s *supervised) int {
		return count(s.t, s.world, `SELECT count(*) FROM deliveries WHERE academy = 'creteil' AND channel = 'mail' AND rule = 'alert-consumer_stopped'`) +
			count(s.t, s.world, `SELECT count(*) FROM delivery_log WHERE academy = 'creteil' AND channel = 'mail' AND rule = 'alert-consumer_stopped'`)
	}
	t.Run("nobody takes them up", func(t *testing.T) {
		s := newSupervised(t)
		s.open(tickets.Low)
		s.look(time.Minute)
		s.stands(tickets.AlertConsumer, "", 0)
		s.look(time.Minute)
		s.stands(tickets.AlertConsumer, oncall.StateFiring, 1)
		if n := mails(s); n != 1 {
			t.Errorf("%d mails", n)
		}
		s.settle(tickets.Chat, tickets.Receipt{Outcome: tickets.Delivered})
		s.look(time.Minute)
		s.stands(tickets.AlertConsumer, oncall.StateResolved, 1)
	})
	t.Run("the chat turns them away", func(t *testing.T) {
		s := newSupervised(t)
		s.open(tickets.Low)
		for range 3 {
			s.settle(tickets.Chat, tickets.Receipt{Outcome: tickets.Retry, Err: "502", RetryAt: s.now.Add(30 * time.Second)})
			s.look(0)
		}
		s.stands(tickets.AlertConsumer, "", 0)
		s.settle(tickets.Chat, tickets.Receipt{Outcome: tickets.Retry, Err: "502", RetryAt: s.now.Add(10 * time.Minute)})
		s.look(time.Minute)
		s.stands(tickets.AlertConsumer, oncall.StateFiring, 1)
		if n := mails(s); n != 1 {
			t.Errorf("%d mails", n)
		}
		s.now = s.now.Add(10 * time.Minute)
		s.settle(tickets.Chat, tickets.Receipt{Outcome: tickets.Delivered})
		s.look(time.Minute)
		s.stands(tickets.AlertConsumer, oncall.StateResolved, 1)
	})
}

// Mails of ours that come back are told while they do, at any hour, and no more
// an hour after the last.
func TestMailsThatComeBack(t *testing.T) {
	s := newSupervised(t)
	s.now = s.now.Add(14 * time.Hour) // at night
	back := func(n uint32) {
		t.Helper()
		m := mail(n)
		m.Row, m.ReceivedAt = 1, s.now
		must(t)(s.desk.RefuseMail(t.Context(), m, "", nil))
		if _, err := s.desk.AlertMails(t.Context(), "creteil", tickets.AlertMailLoop, []int{1}, 2); err != nil {
			t.Fatal(err)
		}
	}
	back(1)
	s.look(time.Minute)
	s.stands(tickets.AlertMailLoop, "", 0)
	back(2)
	s.look(time.Minute)
	s.stands(tickets.AlertMailLoop, oncall.StateFiring, 1)
	s.look(50 * time.Minute)
	back(3)
	s.look(50 * time.Minute)
	s.stands(tickets.AlertMailLoop, oncall.StateFiring, 1)
	s.look(10 * time.Minute)
	s.stands(tickets.AlertMailLoop, oncall.StateResolved, 1)
}
