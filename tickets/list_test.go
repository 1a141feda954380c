package tickets

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// shelf is a store that knows one academy and notes what it is asked for.
type shelf struct {
	Store
	asked Query
}

func (s *shelf) Academy(context.Context, AcademyID) (Academy, error) { return academy(), nil }

func (s *shelf) List(_ context.Context, _ Person, q Query) (Page, error) {
	s.asked = q
	return Page{}, nil
}

func (s *shelf) Walk(_ context.Context, _ Person, q Query, _ func([]Case) error) (bool, error) {
	s.asked = q
	return false, nil
}

func TestAListIsAskedForWithinItsBounds(t *testing.T) {
	requester, _, agent, _, supervisor, _, _ := cast()
	store := &shelf{}
	desk := NewDesk(Options{Store: store})
	for _, x := range []struct {
		by          Person
		asked, want Scope
	}{
		{requester, "", ScopeMine}, {requester, "tout", ScopeMine}, {requester, ScopeDesk, ScopeMine}, {requester, ScopeTeam, ScopeMine},
		{requester, ScopeRequested, ScopeRequested}, {requester, ScopeBenefits, ScopeBenefits},
		{agent, "", ScopeMine}, {agent, ScopeDesk, ScopeDesk}, {agent, ScopeTeam, ScopeTeam}, {supervisor, ScopeDesk, ScopeDesk},
	} {
		if _, err := desk.List(t.Context(), Caller{Person: x.by}, Query{Scope: x.asked}); err != nil || store.asked.Scope != x.want {
			t.Errorf("%s asks for %q: %q, %v, want %q", x.by.GivenName, x.asked, store.asked.Scope, err, x.want)
		}
	}
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	for _, x := range []struct {
		q     Query
		field string
	}{
		{Query{Theme: "messagerie", Text: " écran\n noir ", From: day(0), To: day(1)}, ""},
		{Query{Theme: WithoutTheme, To: day(0)}, ""},
		{Query{Theme: "alchimie"}, "theme"},
		{Query{Text: strings.Repeat("é", MaxQuery+1)}, "text"},
		{Query{Text: strings.Repeat("x", 1_000_000)}, "text"},
		{Query{Text: "a\x00b"}, "text"},
		{Query{Text: "caf\xe9"}, "text"},
		{Query{From: day(1), To: day(1)}, "to"},
		{Query{From: day(2), To: day(1)}, "to"},
	} {
		_, err := desk.List(t.Context(), Caller{Person: requester}, x.q)
		var e *Error
		if field := ""; x.field != "" {
			if errors.As(err, &e) {
				field = e.Field
			}
			if field != x.field || CodeOf(err) != Invalid {
				t.Errorf("%.60v: %v, want a refusal of %s", x.q, err, x.field)
			}
		} else if err != nil {
			t.Errorf("%+v: %v", x.q, err)
		}
	}
	if _, err := desk.List(t.Context(), Caller{Person: requester}, Query{Text: " écran\n noir "}); err != nil || store.asked.Text != "écran noir" {
		t.Errorf("asked for %q, %v", store.asked.Text, err)
	}
	for limit, want := range map[int]int{0: MaxExport, -1: MaxExport, 3: 3, MaxExport + 1: MaxExport} {
		if _, err := desk.ExportList(t.Context(), Caller{Person: requester}, Query{Limit: limit}, nil); err != nil || store.asked.Limit != want {
			t.Errorf("an export of %d: %d, %v, want %d", limit, store.asked.Limit, err, want)
		}
	}
}

func TestOnlyWhatWasValidatedIsRated(t *testing.T) {
	requester, beneficiary, agent, _, _, _, _ := cast()
	c := caseIn(StatusClosed)
	c.Closure, c.StatusAction, c.StatusBy = ClosedValidated, ActionValidate, requester.ID
	for by, want := range map[*Person]Code{&requester: "", &beneficiary: "", &agent: Forbidden} {
		rated, e, err := doing(c, ActionRate, Input{Rating: 4}, *by, monday)
		if CodeOf(err) != want {
			t.Errorf("%s rates: %v", by.GivenName, err)
		}
		if want == "" && (rated.Rating != 4 || e.Detail.Rating != 4 || rated.Status != StatusClosed || rated.StatusAction != ActionValidate) {
			t.Errorf("%s rated: %+v, %+v", by.GivenName, rated, e)
		}
	}
	for _, rating := range []int{-1, 0, 6} {
		if _, _, err := doing(c, ActionRate, Input{Rating: rating}, requester, monday); CodeOf(err) != Invalid {
			t.Errorf("rating %d: %v", rating, err)
		}
	}
	c.Rating = 4
	if _, e, err := doing(c, ActionRate, Input{Rating: 4}, requester, monday); err != nil || e != nil {
		t.Errorf("the same rating again: %+v, %v", e, err)
	}
	for _, closure := range []Closure{ClosedWithdrawn, ClosedByDesk, ClosedBySilence, ClosedDuplicate} {
		c.Closure = closure
		if _, _, err := doing(c, ActionRate, Input{Rating: 5}, requester, monday); CodeOf(err) != Conflict {
			t.Errorf("closed, %s: %v", closure, err)
		}
	}
}
