package main

import (
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
)

// fastClock returns a clock that goes speed times as fast as the machine's, from
// the moment at which the academy's desk is open next: who tries the demo on a
// Sunday sees a working day.
func fastClock(speed int, a tickets.Academy) func() time.Time {
	began := time.Now()
	from := calendar.Of(a, a.Desk().Code).Next(began)
	if from.IsZero() {
		from = began
	}
	return func() time.Time { return from.Add(time.Since(began) * time.Duration(speed)) }
}
