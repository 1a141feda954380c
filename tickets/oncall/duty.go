package oncall

import (
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Turn is somebody on duty in place of the rota's.
type Turn struct {
	Academy tickets.AcademyID
	ID      uuid.UUID
	Person  uuid.UUID
	By      uuid.UUID // who said so
	From    time.Time
	Until   time.Time
	At      time.Time // when it was said: the latest rules
	Command string    // what had it done; "" for none
}

// OnDuty returns who is on duty now and their deputy, by the turns and the
// desk file's rota; zero for nobody. Whom the rota names in place of a turn is
// its deputy where it has no other.
func (s Scene) OnDuty() (duty, deputy tickets.Person) {
	shift := s.Academy.OnCall.Rota.On(s.Now.In(s.Academy.Location()).Weekday())
	duty, deputy = s.byAddress(shift.Duty), s.byAddress(shift.Deputy)
	var turn Turn
	for _, t := range s.Turns {
		if _, there := s.Desk[t.Person]; there && !s.Now.Before(t.From) && s.Now.Before(t.Until) && !t.At.Before(turn.At) {
			turn = t
		}
	}
	if turn.Person == uuid.Nil || turn.Person == duty.ID {
		return duty, deputy
	}
	if deputy.ID == turn.Person || deputy.ID == uuid.Nil {
		deputy = duty
	}
	return s.Desk[turn.Person], deputy
}

func (s Scene) byAddress(address string) tickets.Person {
	if address == "" {
		return tickets.Person{}
	}
	for _, p := range s.Desk {
		if p.Email == address {
			return p
		}
	}
	return tickets.Person{}
}

// endOfShift returns when a duty taken at t ends by itself: with the desk's day,
// or with the next one where that is over.
func (s Scene) endOfShift(t time.Time) time.Time {
	loc := s.Academy.Location()
	next := s.hours("").Next(t)
	if next.IsZero() {
		next = t
	}
	y, m, day := next.In(loc).Date()
	return time.Date(y, m, day+1, 0, 0, 0, 0, loc)
}
