package web

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
	"cecoia.example/tickets/oncall"
)

// alertCard is an alert as the pages show it: what its post in the chat says, with
// the same buttons.
type alertCard struct {
	locale.Printer
	ID, Number, Href string
	Severity         int
	Level, Title     string
	Count, Todo      string
	Since            stamp
	State, Next      string
	Duty             string // who is on duty, where nobody holds it
	Worst            []worstTicket
	Over             bool
	Major            *stormMajor // of a storm; nil without a major incident
	Declare          bool        // of a storm without one
	Began            *stamp      // of a storm that is over
	Near             bool        // on its own page: without what leads there
	Return           string      // where its buttons lead back to
}

// stormMajor is the major incident that was made of a storm.
type stormMajor struct {
	link
	Joined string // how many tickets are joined, how many of them settled
}

// storm completes the card of a storm.
func (a *alertCard) storm(v *visit, card oncall.Card) {
	if ref, err := tickets.ParseRef(card.Major); err == nil {
		a.Major = &stormMajor{
			link:   link{tickets.TicketPath(v.academy.ID, tickets.Number(ref)), card.Major},
			Joined: v.words.MajorCount(card.Joined, card.Settled),
		}
	}
	if a.Declare = a.Major == nil && !a.Over; a.Over {
		began := a.Since
		a.Began, a.Count = &began, v.words.N("alert.tickets", card.Total)
	}
}

// worstTicket is a ticket that an alert is about.
type worstTicket struct {
	Number, Href, Urgency string
	Level                 int
	Since                 stamp
}

func alertCardOf(v *visit, card oncall.Card) alertCard {
	words := v.words
	out := alertCard{
		Printer: words, ID: card.Alert.String(), Number: "A" + strconv.Itoa(card.Rank), Href: supervisionPath + "/alertes/" + card.Alert.String(),
		Severity: int(card.Severity), Level: words.T("alert.severity." + strconv.Itoa(int(card.Severity))),
		Title: words.T("alert." + string(card.Rule)), Todo: withoutMarks(words.T("alert." + string(card.Rule) + ".todo")),
		Since: when(words, card.Since), Over: card.State == oncall.StateResolved, Return: supervisionPath,
	}
	if about := words.AlertAbout(v.academy, string(card.Rule), card.Theme, card.Subject); about != "" {
		out.Title += " · " + about
	}
	switch {
	case out.Over && !card.Rule.AboutTickets(): // it is how often, not how many
	case out.Over:
		out.Count = words.N("alert.total", card.Total)
	case card.Rule.AboutTickets():
		out.Count = words.N("alert.tickets", card.Count)
	default:
		out.Count = words.N("alert.things", card.Count)
	}
	state := "alert.state." + string(card.State)
	switch card.State {
	case oncall.StateHeld, oncall.StateSnoozed:
		out.State = words.T(state, card.Owner, card.Until)
	case oncall.StateResolved:
		out.State = words.T(state, card.EndedAt)
	default:
		out.State = words.T(state)
	}
	switch card.NextStep {
	case oncall.ToDuty, oncall.ToDeputy:
		out.Next = words.T("alert.next."+strconv.Itoa(int(card.NextStep)), card.Next, card.NextAt)
	case oncall.ToAll:
		out.Next = words.T("alert.next.3", card.NextAt)
	}
	out.Worst = worstTickets(v, card.Worst)
	if card.Rule == tickets.AlertStorm {
		out.storm(v, card)
	}
	return out
}

// withoutMarks leaves out the marks of code that the chat renders.
func withoutMarks(s string) string { return strings.ReplaceAll(s, "`", "") }

func worstTickets(v *visit, all []oncall.Worst) []worstTicket {
	var out []worstTicket
	for _, t := range all {
		out = append(out, worstTicket{
			Number: t.Number.String(), Href: tickets.TicketPath(v.academy.ID, t.Number),
			Urgency: v.words.Urgency(t.Urgency), Level: int(t.Urgency), Since: when(v.words, t.Since),
		})
	}
	return out
}

type alertBody struct {
	Tabs    []choice
	Alert   alertCard
	Tickets []worstTicket
	More    string
	Trace   []traceLine
}

// traceLine is something that happened to an alert.
type traceLine struct {
	Text string
	At   stamp
	Desk bool // somebody did it
}

// alert shows one alert: its tickets, and what happened to it.
func (s *server) alert(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return &tickets.Error{Code: tickets.NotFound, Message: "alert.unknown"}
	}
	look, err := s.room.Look(r.Context(), v.caller(), id)
	if err != nil {
		return err
	}
	body := alertBody{Tabs: tabsOf(v, ""), Alert: alertCardOf(v, look.Card), Tickets: worstTickets(v, look.Tickets)}
	body.Alert.Near, body.Alert.Return, body.Alert.Worst = true, body.Alert.Href, nil
	if body.Alert.Over && body.Alert.Major != nil { // the incident's page has them
		body.Tickets = nil
	}
	if look.More > 0 {
		body.More = v.words.N("web.supervision.alert.more", look.More)
	}
	for _, t := range look.Trace {
		body.Trace = append(body.Trace, traceLine{
			Text: traceText(v.words, t, look.People[t.By].Name()), At: when(v.words, t.At), Desk: t.By != uuid.Nil,
		})
	}
	title := v.words.T("web.supervision.alert.title", body.Alert.Number)
	return s.render(w, r, v, content{template: "supervision_alert", title: title, body: body})
}

// traceText says what happened to an alert, who did it, and until when.
func traceText(words locale.Printer, t oncall.Trace, who string) string {
	key, detail, how := "web.supervision.trace."+string(t.What), t.Detail, ""
	switch t.What {
	case oncall.Opened, oncall.Rose, oncall.Resolved, oncall.Posted, oncall.MajorCreated:
		return words.T(key)
	case oncall.HoldBegan, oncall.HoldExpired:
		var until string
		how, until, _ = strings.Cut(t.Detail, " ")
		if at, err := time.Parse(time.RFC3339, until); err == nil {
			detail = words.When(at)
		}
	case oncall.Escalated:
		how = t.Detail
	}
	if how != "" {
		key = "web.supervision.trace." + string(t.What) + "." + how
	}
	return words.T(key, cmp.Or(who, words.T("web.supervision.trace.somebody")), detail)
}

// doAlert is a button of an alert; it leads back to where it was pressed.
func (s *server) doAlert(_ http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(sub.Get("alert"))
	if err != nil {
		return invalid("alert", "alert.over")
	}
	ref, done := oncall.Ref{ID: id}, "web.supervision.done."+sub.Get("do")
	var said []any
	var card oncall.Card
	switch sub.Get("do") {
	case "ack":
		card, err = s.room.Acknowledge(r.Context(), v.caller(), ref)
	case "half":
		card, err = s.room.Snooze(r.Context(), v.caller(), ref, 30*time.Minute)
	case "two":
		card, err = s.room.Snooze(r.Context(), v.caller(), ref, 2*time.Hour)
	case "escalate":
		card, err = s.room.Escalate(r.Context(), v.caller(), ref)
	case "major":
		var major tickets.Case
		desk := locale.For(tickets.French, v.academy.Location()) // as cards are: others read it
		major, card, err = s.room.Declare(r.Context(), s.desk, v.caller(), ref, desk.MajorWords)
		said = append(said, major.Number.String())
	default:
		return invalid("do", "web.supervision.do")
	}
	back := supervisionPath
	if sub.Get("return") != back {
		back = supervisionPath + "/alertes/" + id.String()
	}
	return s.supervisionDone(r, v, err, back, done, append([]any{"A" + strconv.Itoa(card.Rank)}, said...)...)
}

// supervisionDone says what was done, or why it was not, and leads back.
func (s *server) supervisionDone(r *http.Request, v *visit, err error, back, done string, args ...any) error {
	switch tickets.CodeOf(err) {
	case tickets.Conflict, tickets.NotFound, tickets.Invalid: // the page is as it is now
		s.auth.Warn(r.Context(), v.words.Error(err))
		return &movedError{back}
	}
	if err != nil {
		return err
	}
	s.auth.Flash(r.Context(), v.words.T(done, args...))
	return &movedError{back}
}
