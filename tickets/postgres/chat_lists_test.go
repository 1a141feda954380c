package postgres_test

import (
	"testing"
	"time"

	"cecoia.example/tickets"
)

func TestTheLastListIsThePersonsOwnAndGrowsOld(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	sylvie := person("creteil", "sylvie").ID
	at := time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)
	_, err := w.NextList(ctx, "creteil", sylvie, at)
	code(t, "before any list", err, tickets.NotFound)
	for _, next := range []string{"libres suite 2", "libres suite 3", ""} {
		must(t)(nil, w.RememberList(ctx, "creteil", sylvie, next, at))
		if got, err := w.NextList(ctx, "creteil", sylvie, at); err != nil || got != next {
			t.Errorf("%q, %v; want %q", got, err, next)
		}
	}
	_, err = w.NextList(ctx, "creteil", sylvie, at.Add(time.Second))
	code(t, "grown old", err, tickets.NotFound)
	_, err = w.NextList(ctx, "paris", sylvie, at)
	code(t, "elsewhere", err, tickets.NotFound)
}
