package tickets

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Kind tells incidents from service requests (ITIL); it is the first letter of
// the ticket's number.
type Kind string

// The kinds of ticket.
const (
	Incident Kind = "I"
	Service  Kind = "S"
)

// Valid says whether k is one of the kinds.
func (k Kind) Valid() bool { return k == Incident || k == Service }

// Day is a local day of an academy, as yymmdd: "261121".
type Day string

// DayOf returns the day it is at t in loc.
func DayOf(t time.Time, loc *time.Location) Day { return Day(t.In(loc).Format("060102")) }

// Number is what people call a ticket by: I261121_007. Rank counts all the
// tickets of the academy that day, of both kinds, so that a bare rank is never
// ambiguous; it is reserved when the form opens, so gaps are normal.
type Number struct {
	Kind Kind
	Day  Day
	Rank int // from 1
}

// String writes the number with the rank padded to at least three digits.
func (n Number) String() string {
	if n.Rank == 0 {
		return ""
	}
	return fmt.Sprintf("%s%s_%03d", n.Kind, n.Day, n.Rank)
}

// Ref is what somebody typed to name a ticket: a full number, or a bare rank
// (Kind and Day empty) that stands for the most recent day that has it.
type Ref struct {
	Kind Kind
	Day  Day
	Rank int
}

// Ref returns the full reference to the ticket of that number.
func (n Number) Ref() Ref { return Ref(n) }

// Bare says whether only the rank was given.
func (r Ref) Bare() bool { return r.Day == "" }

// String writes the reference as a number, or the bare rank.
func (r Ref) String() string {
	if r.Bare() {
		return strconv.Itoa(r.Rank)
	}
	return Number(r).String()
}

var (
	rankPattern = regexp.MustCompile(`^#?0*([1-9][0-9]{0,5})$`)
	// A leading 1 is the I of old prints, read off paper.
	numberPattern = regexp.MustCompile(`^#?([IS1])([0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))[_ -]0*([1-9][0-9]{0,5})$`)
)

// ParseRef reads what people type: "7", "007", "#7", "I261121_7",
// "i261121_007", "1261121_007" (a read-off I). It returns an [Invalid] error
// for anything else.
func ParseRef(s string) (Ref, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if m := rankPattern.FindStringSubmatch(s); m != nil {
		rank, err := strconv.Atoi(m[1])
		if err == nil {
			return Ref{Rank: rank}, nil
		}
	}
	if m := numberPattern.FindStringSubmatch(s); m != nil {
		kind := Kind(m[1])
		if kind == "1" {
			kind = Incident
		}
		rank, err := strconv.Atoi(m[3])
		if err == nil {
			return Ref{Kind: kind, Day: Day(m[2]), Rank: rank}, nil
		}
	}
	return Ref{}, invalid("number", "number.malformed", truncate(s, 40))
}

func truncate(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return s
}
