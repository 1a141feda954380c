package oncall

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// A storm is many tickets alike at once: of one theme, from one group of
// entities. It is a rule like the others, whose firings are its tickets, whether
// they are closed meanwhile or not; it ends when none came for a while.

// Entities returns the group of entities that a place of work is of: of a UAI
// code its département, the first three characters; "" for anything else.
func Entities(entity string) string {
	entity = strings.ToUpper(strings.TrimSpace(entity))
	if !tickets.ValidUAI(entity) {
		return ""
	}
	return entity[:3]
}

// storms returns the tickets of the storms that stand, and of those that begin.
func (s Scene) storms() []Finding {
	set := s.Academy.OnCall.Rule(tickets.AlertStorm)
	if set.Off {
		return nil
	}
	times := s.Academy.OnCall.WithDefaults().Storm
	alike := map[group][]tickets.Ticket{}
	for _, t := range s.Recent {
		if t.Major || t.Parent != uuid.Nil { // what the desk made of a storm is no part of it, nor what joins that
			continue
		}
		g := group{tickets.AlertStorm, t.Category, Entities(t.Entity)}
		alike[g] = append(alike[g], t)
	}
	finding := func(g group, ticket uuid.UUID, opened time.Time) Finding {
		return Finding{Rule: g.rule, Theme: g.theme, Subject: g.subject, Ticket: ticket, Level: 1,
			Since: opened, Count: 1, Severity: set.Severity}
	}
	stands := map[group][]Firing{}
	for _, f := range s.Firings {
		if f.Rule == tickets.AlertStorm && f.EndedAt.IsZero() {
			stands[f.group()] = append(stands[f.group()], f)
		}
	}
	var out []Finding
	for g, firings := range stands {
		last := firings[0].Since
		for _, f := range firings {
			last = latest(last, f.Since)
		}
		for _, t := range alike[g] {
			last = latest(last, t.OpenedAt)
		}
		if s.Now.Sub(last) >= times.Quiet {
			continue
		}
		of := map[uuid.UUID]bool{}
		for _, f := range firings {
			of[f.Ticket] = true
			out = append(out, f.Finding)
		}
		for _, t := range alike[g] {
			if !of[t.ID] && !t.OpenedAt.Before(firings[0].FiredAt.Add(-times.Within)) {
				out = append(out, finding(g, t.ID, t.OpenedAt))
			}
		}
	}
	for g, of := range alike {
		of = slices.DeleteFunc(slices.Clone(of), func(t tickets.Ticket) bool { return t.OpenedAt.Before(s.Now.Add(-times.Within)) })
		if len(stands[g]) > 0 || len(of) < set.Least {
			continue
		}
		for _, t := range of {
			out = append(out, finding(g, t.ID, t.OpenedAt))
		}
	}
	return out
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
