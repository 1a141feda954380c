package oncall

import (
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// condition says whether a rule, as it is set, applies to a ticket, and since
// when; level 0 is no.
type condition func(s Scene, w Watched, set tickets.RuleSetting) (level int, deadline, since time.Time)

// conditions are the rules about one ticket. A ticket that waits for its
// requester, or to be validated, has no deadlines: see [tickets.Ticket].
var conditions = map[tickets.AlertRule]condition{
	tickets.AlertUntaken: func(s Scene, w Watched, set tickets.RuleSetting) (int, time.Time, time.Time) {
		late := func(more time.Duration) bool { return s.waited(w, w.TakeUpDue, more) }
		level := 0
		switch {
		case late(set.After + 2*s.Academy.Deadlines.ToTakeUp()):
			level = 2
		case late(set.After):
			level = 1
		}
		return level, w.TakeUpDue, w.TakeUpDue
	},
	tickets.AlertUnassigned: func(s Scene, w Watched, set tickets.RuleSetting) (int, time.Time, time.Time) {
		free := w.Urgency == tickets.Critical && w.Assignee == uuid.Nil && worked(w)
		return levelIf(free && s.waited(w, w.StatusAt, set.After)), w.StatusAt, w.StatusAt
	},
	tickets.AlertCritical: func(_ Scene, w Watched, _ tickets.RuleSetting) (int, time.Time, time.Time) {
		return levelIf(w.Urgency == tickets.Critical && w.Assignee != uuid.Nil && worked(w)), time.Time{}, w.OpenedAt
	},
	tickets.AlertDueSoon: func(s Scene, w Watched, _ tickets.RuleSetting) (int, time.Time, time.Time) {
		return levelIf(passed(w.DueSoon, s.Now) && !passed(w.Due, s.Now)), w.Due, w.DueSoon
	},
	tickets.AlertOverdue: func(s Scene, w Watched, set tickets.RuleSetting) (int, time.Time, time.Time) {
		return levelIf(s.waited(w, w.Due, set.After)), w.Due, w.Due
	},
	tickets.AlertRefused: func(_ Scene, w Watched, set tickets.RuleSetting) (int, time.Time, time.Time) {
		if !worked(w) || w.Refusals < set.Least {
			return 0, time.Time{}, time.Time{}
		}
		return w.Refusals - set.Least + 1, time.Time{}, w.StatusAt
	},
	tickets.AlertReopened: func(_ Scene, w Watched, set tickets.RuleSetting) (int, time.Time, time.Time) {
		if !worked(w) || w.Reopenings < set.Least {
			return 0, time.Time{}, time.Time{}
		}
		return w.Reopenings - set.Least + 1, time.Time{}, w.StatusAt
	},
	tickets.AlertUnreachable: func(_ Scene, w Watched, _ tickets.RuleSetting) (int, time.Time, time.Time) {
		return levelIf(w.Unreachable && w.Urgency <= tickets.High && w.Open()), time.Time{}, w.OpenedAt
	},
	tickets.AlertDead: func(_ Scene, w Watched, _ tickets.RuleSetting) (int, time.Time, time.Time) {
		return levelIf(!w.Dead.IsZero() && w.Open()), w.Dead, w.Dead
	},
}

// ofTheMajor are the rules that do not speak of a ticket that is joined to a major
// incident while that is worked on: that is what is late, and what they speak of.
var ofTheMajor = map[tickets.AlertRule]bool{
	tickets.AlertUntaken: true, tickets.AlertUnassigned: true, tickets.AlertCritical: true,
	tickets.AlertDueSoon: true, tickets.AlertOverdue: true,
}

// waited says whether the group of a ticket has been open for that long since
// t; never since the zero time.
func (s Scene) waited(w Watched, t time.Time, open time.Duration) bool {
	if t.IsZero() || s.Now.Sub(t) < open { // no calendar is needed to say no
		return false
	}
	return open == 0 || !s.hours(w.Group).Add(t, open).After(s.Now)
}

// worked says whether the desk has it to do: it is neither closed nor waiting
// for a word of its requester.
func worked(w Watched) bool {
	return w.Status == tickets.StatusNew || w.Status == tickets.StatusInProgress
}

func passed(t, now time.Time) bool { return !t.IsZero() && !t.After(now) }

func levelIf(so bool) int {
	if so {
		return 1
	}
	return 0
}

// severity is how much a rule asks for at a level and an urgency: what gets
// worse rises, what is critical is an emergency when it is late, and low urgency
// is never more than to know.
func severity(rule tickets.AlertRule, set tickets.RuleSetting, level int, u tickets.Urgency) tickets.Severity {
	out := set.Severity
	switch rule {
	case tickets.AlertUntaken, tickets.AlertRefused:
		if level > 1 {
			out++
		}
	case tickets.AlertOverdue:
		if u == tickets.Critical {
			out = tickets.Emergency
		}
	}
	if u == tickets.Low && rule != tickets.AlertRefused {
		return tickets.Informative
	}
	return min(out, tickets.Emergency)
}

// findings returns what is so now.
func (s Scene) findings() []Finding {
	var out []Finding
	for _, w := range s.Tickets {
		for rule, applies := range conditions {
			set := s.Academy.OnCall.Rule(rule)
			if set.Off || w.Parent != uuid.Nil && ofTheMajor[rule] {
				continue
			}
			level, deadline, since := applies(s, w, set)
			if level == 0 {
				continue
			}
			out = append(out, Finding{
				Rule: rule, Ticket: w.ID, Level: level, Deadline: deadline, Since: since, Count: 1,
				Severity: severity(rule, set, level, w.Urgency), Theme: w.Category, Group: w.Group, Low: w.Urgency == tickets.Low,
			})
		}
	}
	out = append(out, s.storms()...)
	general := func(rule tickets.AlertRule, subject string, deadline, since time.Time, count int) {
		if set := s.Academy.OnCall.Rule(rule); !set.Off {
			out = append(out, Finding{Rule: rule, Subject: subject, Level: 1, Deadline: deadline, Since: since, Count: count, Severity: set.Severity})
		}
	}
	for _, g := range s.Signals {
		if s.Now.Before(g.Until) {
			general(g.Rule, "", g.Since, g.Since, g.Count)
		}
	}
	for _, q := range s.Queues {
		if q.Waiting >= s.Academy.OnCall.Rule(tickets.AlertQueue).Least && float64(q.Recent) >= growth*max(q.Usual, 1) {
			y, m, d := s.Now.In(s.Academy.Location()).Date() // once a day
			began, _ := s.standing(tickets.AlertQueue, q.Group)
			general(tickets.AlertQueue, q.Group, time.Date(y, m, d, 0, 0, 0, 0, s.Academy.Location()), began, q.Waiting)
		}
	}
	for _, l := range s.Lines {
		if !l.Oldest.IsZero() && s.Now.Sub(l.Oldest) >= s.Academy.OnCall.Rule(tickets.AlertConsumer).After {
			began, stood := s.standing(tickets.AlertConsumer, string(l.Channel))
			if !stood {
				began = l.Oldest
			}
			general(tickets.AlertConsumer, string(l.Channel), began, began, l.Pending)
		}
	}
	return out
}

// growth is how many times the usual number makes a queue remarkable.
const growth = 2

// standing returns since when a firing about a subject stands: what it is about
// may be another one by now, it stays the same firing. It is now, and false, when
// there is none.
func (s Scene) standing(rule tickets.AlertRule, subject string) (time.Time, bool) {
	for _, f := range s.Firings {
		if f.Rule == rule && f.Subject == subject && f.EndedAt.IsZero() {
			return f.Since, true
		}
	}
	return s.Now, false
}

// hides says which rules about a ticket are not worth telling beside another,
// as they would say less of the same.
var hides = map[tickets.AlertRule][]tickets.AlertRule{
	tickets.AlertStorm:      {tickets.AlertUntaken, tickets.AlertUnassigned, tickets.AlertCritical, tickets.AlertDueSoon},
	tickets.AlertUnassigned: {tickets.AlertUntaken, tickets.AlertCritical},
	tickets.AlertOverdue:    {tickets.AlertDueSoon, tickets.AlertUntaken, tickets.AlertCritical},
	tickets.AlertUntaken:    {tickets.AlertDueSoon},
}
