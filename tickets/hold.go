package tickets

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Pace is how soon a direct message comes.
type Pace string

// The paces.
const (
	PaceNow    Pace = "now"
	PaceDigest Pace = "digest" // with others, at the set hours
	PaceNever  Pace = "never"  // the card's thread tells it all the same
)

// DirectMessages are how a member of the desk wants to be told in chat. The zero
// value is: of everything, at once, at any hour.
type DirectMessages struct {
	// Paces are by template, one of [DirectTemplates]; those absent come now.
	Paces map[Template]Pace `json:"paces,omitempty"`
	// Quiet is when nothing comes, each day: what is owed waits for its end. It
	// may go over midnight; From == To is never.
	Quiet Quiet `json:"quiet,omitzero"`
	// Digest are the times of the day at which what waits for them is told in
	// one message, ascending, at most MaxDigests; [DefaultDigest] when empty.
	Digest []Minute `json:"digest,omitempty"`
}

// Quiet is a time of each day on the academy's clock, from From, up to To and
// without it.
type Quiet struct {
	From Minute `json:"from"`
	To   Minute `json:"to"`
}

// MaxDigests is how many digests a day somebody may choose.
const MaxDigests = 6

// DefaultDigest is when digests come for those who did not choose.
func DefaultDigest() []Minute { return []Minute{9 * 60, 14 * 60} }

// DirectTemplates are the kinds of direct messages that members of the desk get,
// in the order in which they are shown.
func DirectTemplates() []Template {
	return []Template{TemplateAssigned, TemplateComplement, TemplateRefused, TemplateReopened, TemplateMentioned}
}

// Pace is how soon messages of that template come.
func (d DirectMessages) Pace(t Template) Pace {
	if p, ok := d.Paces[t]; ok {
		return p
	}
	return PaceNow
}

// Hold says when a notice is told.
type Hold struct {
	Until  time.Time // not before; zero for now
	Digest bool      // with Until: together with what else the recipient has held so
	Never  string    // why it is never told; "" when it is
}

// gathering is how long what missed its digest waits for others that did: after
// an outage they come together too.
const gathering = time.Minute

// Hold says whether the notice is to be told now. window is how long after one
// mail of a ticket the next waits, so that rapid changes are told together; what
// somebody has to answer never waits for it. What may have arrived already, as
// it was tried before, only waits for the end of the quiet hours.
func (n Notice) Hold(now time.Time, window time.Duration) Hold {
	switch {
	case n.Muted.ID != uuid.Nil:
		return Hold{Never: "the address is muted since " + n.Muted.Since.UTC().Format(time.RFC3339) + ": " + n.Muted.Status}
	case !n.News():
	case n.Channel == Mail:
		if n.Template.asks() || n.Told.IsZero() || n.Attempts > 1 {
			return Hold{}
		}
		told := n.Told
		if told.After(now) { // a clock that was wrong: the window begins now at the latest
			told = now
		}
		if until := told.Add(window); now.Before(until) {
			return Hold{Until: until}
		}
	case n.Channel == Chat && n.Template.direct():
		return n.holdDirect(now.In(n.Academy.Location()))
	}
	return Hold{}
}

// Together returns which of the deliveries of one ticket to one recipient on one
// channel, given in their order, one notice tells: the first, and of the news
// behind it all up to the first that asks something; without what the recipient
// never wants told, which holds nobody up.
func Together(owed []Delivery, how DirectMessages) []Delivery {
	out := owed[:1:1]
	if !owed[0].News() || how.never(owed[0]) {
		return out
	}
	for _, d := range owed[1:] {
		if out[len(out)-1].Template.asks() || !d.News() {
			break
		}
		if !how.never(d) {
			out = append(out, d)
		}
	}
	return out
}

// News says whether the delivery tells somebody what happened to a ticket, so
// that it may wait and be told with the next: not a card, which shows the ticket
// as it stands, nor guidance, which answers a mail and has no event.
func (d Delivery) News() bool {
	_, person := d.Recipient.Person()
	return person && d.Ticket != uuid.Nil && d.Seq > 0 && d.Template != TemplateEscalated
}

// asks says whether the template asks something of its reader: it is never held.
func (t Template) asks() bool {
	return t == TemplateAsked || t == TemplateResolved || t == TemplateReminded
}

// direct says whether the template is a direct message to a member of the desk.
func (t Template) direct() bool { return slices.Contains(DirectTemplates(), t) }

// never says whether its recipient chose not to be told of the delivery.
func (d DirectMessages) never(owed Delivery) bool {
	return owed.Channel == Chat && owed.Template.direct() && d.Pace(owed.Template) == PaceNever
}

// pace is that of the most urgent of what the notice tells.
func (n Notice) pace() Pace {
	pace := n.Direct.Pace(n.Template)
	for _, e := range n.Earlier {
		switch p := n.Direct.Pace(e.Template); {
		case p == PaceNow, p == PaceDigest && pace == PaceNever:
			pace = p
		}
	}
	return pace
}

// holdDirect decides on a direct message by the clock of the academy.
func (n Notice) holdDirect(now time.Time) Hold {
	h := Hold{Digest: n.Digest}
	switch pace := n.pace(); {
	case pace == PaceNever:
		return Hold{Never: "chosen by the recipient"}
	case pace == PaceDigest && !n.Digest && n.Attempts <= 1:
		h.Digest = true
		if h.Until = n.Direct.nextDigest(n.CreatedAt.In(now.Location())); !now.Before(h.Until) {
			h.Until = now.Add(gathering)
		}
	}
	from := now
	if !h.Until.IsZero() {
		from = h.Until
	}
	if end := n.Direct.Quiet.end(from); !end.IsZero() {
		h.Until = end
	}
	return h
}

// nextDigest is the first time of a digest after that moment.
func (d DirectMessages) nextDigest(after time.Time) time.Time {
	at := d.Digest
	if len(at) == 0 {
		at = DefaultDigest()
	}
	for day := 0; ; day++ { // the second day always has one
		for _, m := range at {
			if t := onDay(after, day, m); t.After(after) {
				return t
			}
		}
	}
}

// end is when the quiet time ends in which that moment is; zero when it is in
// none.
func (q Quiet) end(at time.Time) time.Time {
	if q.From == q.To {
		return time.Time{}
	}
	for _, day := range []int{-1, 0} { // a night begins the day before
		from, to := onDay(at, day, q.From), onDay(at, day, q.To)
		if q.To < q.From {
			to = onDay(at, day+1, q.To)
		}
		if !at.Before(from) && at.Before(to) {
			return to
		}
	}
	return time.Time{}
}

// onDay is the minute of the day so many days after that of t, on its clock.
func onDay(t time.Time, days int, m Minute) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, int(m)/60, int(m)%60, 0, 0, t.Location())
}
