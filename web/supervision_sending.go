package web

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// deadShown is how many of the deliveries that were given up a page shows.
const deadShown = 50

type sendingBody struct {
	Tabs     []choice
	Channels []channelRow
	Dead     []deadRow
	More     string
}

// channelRow is what is to be sent on a channel.
type channelRow struct {
	Name   string
	Counts []string // of each of backlogStates
	Oldest string   // how old the oldest that is to be sent is
}

// deadRow is a delivery that was given up.
type deadRow struct {
	ID, Channel, What, Who string
	Number, Href           string // of its ticket, "" for none that the visitor may know of
	Why, Trace             string
	Attempts               string
	At                     stamp
}

// backlogStates are the columns of what is to be sent.
var backlogStates = []tickets.DeliveryState{
	tickets.DeliveryWaiting, tickets.DeliveryHeld, tickets.DeliveryFailing, tickets.DeliveryDead,
}

// sending shows what is still to be sent, and what was given up.
func (s *server) sending(w http.ResponseWriter, r *http.Request, v *visit) error {
	backlog, err := s.desk.Backlog(r.Context(), v.caller())
	if err != nil {
		return err
	}
	dead, err := s.desk.Deliveries(r.Context(), v.caller(), tickets.DeliveryQuery{States: []tickets.DeliveryState{tickets.DeliveryDead}, Limit: deadShown})
	if err != nil {
		return err
	}
	board, err := s.room.Board(r.Context(), v.caller())
	if err != nil {
		return err
	}
	body := sendingBody{Tabs: tabsOf(v, supervisionTabs[2].path)}
	gone := 0
	for _, channel := range []tickets.Channel{tickets.Chat, tickets.Mail} {
		row := channelRow{Name: v.words.T("alert.channel." + string(channel)), Counts: make([]string, len(backlogStates))}
		for i := range row.Counts {
			row.Counts[i] = v.words.Number(0)
		}
		var owed []tickets.Backlog
		for _, b := range backlog {
			if i := slices.Index(backlogStates, b.State); i >= 0 && b.Channel == channel {
				row.Counts[i] = v.words.Number(b.Count)
				if b.State == tickets.DeliveryDead {
					gone += b.Count
				} else {
					owed = append(owed, b)
				}
			}
		}
		if len(owed) > 0 {
			first := slices.MinFunc(owed, func(a, b tickets.Backlog) int { return a.Oldest.Compare(b.Oldest) })
			if !first.Oldest.After(s.now()) {
				row.Oldest = v.words.Age(s.now().Sub(first.Oldest))
			}
		}
		body.Channels = append(body.Channels, row)
	}
	for _, d := range dead {
		body.Dead = append(body.Dead, deadRowOf(v, d, board.People))
	}
	if more := gone - len(dead); more > 0 {
		body.More = v.words.N("web.supervision.dead.more", more)
	}
	return s.render(w, r, v, content{template: "supervision_sending", title: v.words.T("web.supervision.sending.title"), body: body})
}

func deadRowOf(v *visit, d tickets.DeliveryRecord, desk map[uuid.UUID]tickets.Person) deadRow {
	row := deadRow{
		ID: d.ID.String(), Channel: v.words.T("alert.channel." + string(d.Channel)), What: v.words.T("web.supervision.template." + string(d.Template)),
		Why: d.Err, Trace: d.Trace.Short(), Attempts: v.words.N("web.supervision.attempts", d.Attempts), At: when(v.words, d.EndedAt),
	}
	if d.About.Number.Rank > 0 {
		row.Number, row.Href = d.About.Number.String(), tickets.TicketPath(d.About.Academy, d.About.Number)
	}
	person, _ := d.Recipient.Person()
	switch code, isGroup := d.Recipient.Group(); {
	case isGroup:
		row.Who = v.words.T("web.supervision.to.group", groupName(v, code))
	case desk[person].ID != uuid.Nil:
		row.Who = desk[person].Name()
	case person != uuid.Nil && person == d.About.Requester:
		row.Who = v.words.T("web.supervision.to.requester")
	case person != uuid.Nil && person == d.About.Beneficiary:
		row.Who = v.words.T("web.supervision.to.beneficiary")
	case person != uuid.Nil:
		row.Who = v.words.T("web.supervision.to.person")
	default:
		row.Who, _ = d.Recipient.Address()
	}
	return row
}

// doSending sends again what was given up: one, or all that the page showed.
func (s *server) doSending(_ http.ResponseWriter, r *http.Request, v *visit) error {
	sub, err := readForm(r)
	if err != nil {
		return err
	}
	typed := sub.Values["delivery"]
	if one := sub.Get("one"); one != "" {
		typed = []string{one}
	}
	var ids []uuid.UUID
	for _, t := range typed {
		id, err := uuid.Parse(t)
		if err != nil {
			return invalid("delivery", "web.supervision.delivery")
		}
		ids = append(ids, id)
	}
	n, err := s.desk.Replay(r.Context(), v.caller(), ids)
	if err == nil && n == 0 {
		err = &tickets.Error{Code: tickets.Conflict, Message: "web.supervision.delivery"}
	}
	back := supervisionTabs[2].path
	if err != nil {
		return s.supervisionDone(r, v, err, back, "")
	}
	s.auth.Flash(r.Context(), v.words.N("web.supervision.done.replayed", n))
	return &movedError{back}
}
