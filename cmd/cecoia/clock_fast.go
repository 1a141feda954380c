package main

import (
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
)

// fastClock returns a clock that goes speed times as fast as the machine's, from
// the morning of the next day on which the academy's desk is open: whoever tries the
// demo, on a Sunday or a minute before it closes, sees a working day.
func fastClock(speed int, a tickets.Academy) func() time.Time {
	began := time.Now()
	y, m, d := began.In(a.Location()).Date()
	from := calendar.Of(a, a.Desk().Code).Next(time.Date(y, m, d+1, 0, 0, 0, 0, a.Location()))
	if from.IsZero() {
		from = began
	}
	return func() time.Time { return from.Add(time.Since(began) * time.Duration(speed)) }
}
