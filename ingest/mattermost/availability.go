package mattermost

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"cecoia.example/tickets"
)

// reachable reads when somebody says they can be reached ("lundi et mardi matin,
// jeudi 14h-16h30", "tous les jours sauf mercredi après 10 h") and says whether
// that is so at now, on the clock of now's location. It returns known false for
// what it does not understand whole: people are not called by a guess.
func reachable(text string, now time.Time) (yes, known bool) {
	periods, ok := parseAvailability(text)
	if !ok {
		return false, false
	}
	minute := tickets.Minute(now.Hour()*60 + now.Minute())
	for _, p := range periods {
		if p.covers(now.Weekday(), minute) {
			if p.except {
				return false, true
			}
			yes = true
		}
	}
	return yes, true
}

// period is a stretch of the week: those days at those hours, or except then.
type period struct {
	except bool
	days   [7]bool // by time.Weekday; none stands for all
	spans  []tickets.Span
	first  rune // what it began with: 'd' for days, 'h' for hours
	both   bool // it has days and hours
}

// The hours that words stand for.
var (
	workday   = tickets.Span{From: 8 * 60, To: 18 * 60}
	morning   = tickets.Span{From: 8 * 60, To: 12 * 60}
	midday    = tickets.Span{From: 12 * 60, To: 14 * 60}
	afternoon = tickets.Span{From: 12 * 60, To: 18 * 60}
	evening   = tickets.Span{From: 18 * 60, To: 21 * 60}
	always    = tickets.Span{From: 0, To: 24 * 60}
)

func (p period) covers(day time.Weekday, at tickets.Minute) bool {
	if p.days != [7]bool{} && !p.days[day] {
		return false
	}
	if len(p.spans) == 0 {
		return p.except || workday.From <= at && at < workday.To
	}
	for _, s := range p.spans {
		if s.From <= at && at < s.To {
			return true
		}
	}
	return false
}

// What a folded text is made of, each at its head. The longest come first.
var (
	daysWords = `(lundi|lun|mardi|mar|mercredi|mer|jeudi|jeu|vendredi|ven|samedi|sam|dimanche|dim)s?\b\.?`
	clock     = `([01]?[0-9]|2[0-4])\s*(?:h(?:eures?)?|:)\s*([0-5][0-9])?`

	dayRange   = regexp.MustCompile(`^(?:du\s+)?` + daysWords + `\s*(?:-|–|—|\ba\b|\bau\b|jusqu'au)\s*` + daysWords)
	dayName    = regexp.MustCompile(`^` + daysWords)
	weekdays   = regexp.MustCompile(`^(?:(?:en|la|toute la) semaine|jours? ouvres?|jours? ouvrables?)\b`)
	weekend    = regexp.MustCompile(`^week[- ]?ends?\b`)
	everyDay   = regexp.MustCompile(`^(?:tous les jours|chaque jour|7 ?j(?:ours)? ?/ ?7|7/7)`)
	hourRange  = regexp.MustCompile(`^(?:(?:de|entre)\s+)?([01]?[0-9]|2[0-4])\s*(?:(?:h(?:eures?)?|:)\s*([0-5][0-9])?)?\s*(?:-|–|—|\ba\b|\bet\b|jusqu'a)\s*` + clock)
	hourAfter  = regexp.MustCompile(`^(?:apres|a partir de|a compter de|des)\s+` + clock)
	hourBefore = regexp.MustCompile(`^(?:avant|jusqu'a)\s+` + clock)
	exceptions = regexp.MustCompile(`^(?:sauf|hors|excepte|mais pas|pas)\b`)
	hourWords  = []struct {
		pattern *regexp.Regexp
		span    tickets.Span
	}{
		{regexp.MustCompile(`^(?:entre midi et (?:deux|14\s*h)|le midi|midi|pause dejeuner)\b`), midday},
		{regexp.MustCompile(`^(?:apres[- ]?midis?|aprem|apm)\b`), afternoon},
		{regexp.MustCompile(`^(?:matins?|matinees?)\b`), morning},
		{regexp.MustCompile(`^(?:soirs?|soirees?)\b`), evening},
		{regexp.MustCompile(`^(?:toute la journee|en journee|la journee|journee|heures? (?:de bureau|ouvrables?)|horaires? de bureau)\b`), workday},
		{regexp.MustCompile(`^(?:24 ?h(?:eures)? ?/ ?24|24/24|a tout moment|a toute heure|tout le temps|toujours|n'importe quand|permanence)`), always},
	}
	// What says nothing about when. No word that could change the meaning.
	fillers = regexp.MustCompile(`^(?:[-–—,;.:/()!\s]+|(?:l'|d')|(?:le|la|les|de|du|des|et|ou|a|au|aux|en|dans|par|je|suis|on|peut|me|m'|joindre|joignables?|disponibles?|disponibilites?|dispo|presente?|libre|appeler|rappeler|appelez|contacter|bureau|telephone|tel|mail|mobile|portable|merci|possible|si|de preference|preference|plutot|uniquement|seulement|heures|horaires|creneaux?|intervention)\b)`)

	weekdayOf = map[string]time.Weekday{
		"lun": time.Monday, "mar": time.Tuesday, "mer": time.Wednesday, "jeu": time.Thursday,
		"ven": time.Friday, "sam": time.Saturday, "dim": time.Sunday,
	}
)

// parseAvailability reads the periods of a text; false when something in it is
// not understood, or nothing is said.
func parseAvailability(text string) ([]period, bool) {
	const longest = 400 // bytes; the field has one line
	rest := strings.TrimSpace(fold(visible(text)))
	if rest == "" || len(rest) > longest {
		return nil, false
	}
	r := availabilityReader{}
	for rest != "" {
		n := r.read(rest)
		if n == 0 {
			return nil, false
		}
		rest = rest[n:]
	}
	return r.finish()
}

// availabilityReader gathers periods from what it reads.
type availabilityReader struct {
	done    []period
	current period
	wrong   bool
}

// read takes what is at the head of s and returns how long that is, 0 for what
// it does not know.
func (r *availabilityReader) read(s string) int {
	if m := dayRange.FindStringSubmatch(s); m != nil {
		from, to := weekdayOf[m[1][:3]], weekdayOf[m[2][:3]]
		for d := from; ; d = (d + 1) % 7 {
			r.day(d)
			if d == to {
				return len(m[0])
			}
		}
	}
	if m := dayName.FindStringSubmatch(s); m != nil {
		r.day(weekdayOf[m[1][:3]])
		return len(m[0])
	}
	for _, several := range []struct {
		pattern *regexp.Regexp
		days    []time.Weekday
	}{
		{everyDay, []time.Weekday{0, 1, 2, 3, 4, 5, 6}},
		{weekdays, []time.Weekday{1, 2, 3, 4, 5}},
		{weekend, []time.Weekday{6, 0}},
	} {
		if n := len(several.pattern.FindString(s)); n > 0 {
			for _, d := range several.days {
				r.day(d)
			}
			return n
		}
	}
	for _, word := range hourWords {
		if n := len(word.pattern.FindString(s)); n > 0 {
			r.hours(word.span)
			return n
		}
	}
	if m := hourRange.FindStringSubmatch(s); m != nil {
		r.hours(tickets.Span{From: minuteOf(m[1], m[2]), To: minuteOf(m[3], m[4])})
		return len(m[0])
	}
	if m := hourAfter.FindStringSubmatch(s); m != nil {
		r.hours(tickets.Span{From: minuteOf(m[1], m[2]), To: evening.To})
		return len(m[0])
	}
	if m := hourBefore.FindStringSubmatch(s); m != nil {
		r.hours(tickets.Span{From: 0, To: minuteOf(m[1], m[2])})
		return len(m[0])
	}
	if n := len(exceptions.FindString(s)); n > 0 {
		r.end()
		r.current.except = true
		return n
	}
	return len(fillers.FindString(s))
}

func minuteOf(hour, minute string) tickets.Minute {
	h, _ := strconv.Atoi(hour) // digits only, as the pattern says
	m, _ := strconv.Atoi(minute)
	return tickets.Minute(h*60 + m)
}

func (r *availabilityReader) day(d time.Weekday) {
	r.begin('d')
	r.current.days[d] = true
}

func (r *availabilityReader) hours(s tickets.Span) {
	if s.From >= s.To {
		r.wrong = true // over midnight, or a slip
	}
	r.begin('h')
	r.current.spans = append(r.current.spans, s)
}

// begin takes note of days or hours. "Lundi matin, mardi soir" are two periods,
// as "le matin lundi, le soir mardi" are: what it began with begins the next.
func (r *availabilityReader) begin(kind rune) {
	switch {
	case r.current.first == 0:
		r.current.first = kind
	case r.current.first == kind && r.current.both:
		except := r.current.except
		r.end()
		r.current.first, r.current.except = kind, except
	case r.current.first != kind:
		r.current.both = true
	}
}

func (r *availabilityReader) end() {
	if r.current.first != 0 {
		r.done = append(r.done, r.current)
	} else if r.current.except { // "sauf" what?
		r.wrong = true
	}
	r.current = period{}
}

// finish returns the periods. Exceptions alone are to the whole week.
func (r *availabilityReader) finish() ([]period, bool) {
	r.end()
	if r.wrong || len(r.done) == 0 {
		return nil, false
	}
	for _, p := range r.done {
		if !p.except {
			return r.done, true
		}
	}
	return append(r.done, period{spans: []tickets.Span{workday}}), true
}
