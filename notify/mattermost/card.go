package mattermost

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// DeliveryProp is the post's property that names the delivery it came from.
const DeliveryProp = "cecoia_delivery"

// buttonLife is how long a button works; each edit of the card renews it.
const buttonLife = 180 * 24 * time.Hour

// Colours of the bar beside a card.
const (
	red, orange, blue = "#c9191e", "#fc5d00", "#0063cb"
	green, grey       = "#18753c", "#8d8d8d"
)

// printer writes for a channel, in the desk's language.
func printer(n tickets.Notice) locale.Printer {
	return locale.For(tickets.French, n.Academy.Location())
}

// newPost returns a post that carries the delivery's key, twice: for the
// server's own memory and for ours.
func newPost(channel string, key uuid.UUID, message string, attachments ...*model.MessageAttachment) *model.Post {
	p := &model.Post{ChannelId: channel, PendingPostId: key.String(), Message: cut(message)}
	props := model.StringInterface{DeliveryProp: key.String()}
	if len(attachments) > 0 {
		props[model.PostPropsAttachments] = attachments
	}
	p.SetProps(props)
	return p
}

// cardPost is the ticket's card as the ticket stands, or what stays of it where
// the ticket has left the group.
func (b *Bot) cardPost(n tickets.Notice, channel string) *model.Post {
	if left(n) {
		return b.leftPost(n, channel)
	}
	p, t := printer(n), n.Case.Ticket
	a := b.attachment(n, channel, p)
	for _, from := range before(n) {
		a.Text += " · " + markdownLink(p.T("card.before", defuse(p.Group(n.Academy, from.group))), from.link(b, n))
	}
	a.Actions = b.buttons(n, channel, p)
	return newPost(channel, n.ID, t.Number.String()+" · "+p.State(t), a)
}

// offer is a button, and the action that it is for: "" fits always.
type offer struct {
	verb, name string
	action     tickets.Action
}

// buttons are those of a card that fit the ticket now, for any agent of its group.
func (b *Bot) buttons(n tickets.Notice, channel string, p locale.Printer) []*model.PostAction {
	t := n.Case.Ticket
	agent := tickets.Person{Academy: t.Academy, Memberships: []tickets.Membership{{Group: t.Group, Role: tickets.RoleAgent}}}
	return b.fitting(n, channel, p, agent,
		offer{"prendre", "card.take", tickets.ActionTake},
		offer{"voir", "card.view", ""},
		offer{"demander", "card.ask", tickets.ActionAsk},
		offer{"resoudre", "card.resolve", tickets.ActionResolve},
		offer{"affecter", "card.assign", tickets.ActionAssign},
	)
}

// fitting are the buttons of those offered that would work now for that person.
func (b *Bot) fitting(n tickets.Notice, channel string, p locale.Printer, by tickets.Person, offers ...offer) []*model.PostAction {
	var out []*model.PostAction
	for _, o := range offers {
		if o.action != "" && !tickets.Allowed(n.Case, o.action, by, b.opts.Now()) {
			continue
		}
		action := b.button(n, channel, o.verb, p.T(o.name))
		if o.action == tickets.ActionTake {
			action.Style = "primary"
		}
		out = append(out, action)
	}
	return out
}

// otherCard is the ticket's card in another group's channel.
type otherCard struct{ group, post string }

// link is where it is read.
func (c otherCard) link(b *Bot, n tickets.Notice) string { return b.permalink(n.Academy.Team, c.post) }

// before are the cards of the groups that the ticket came through, in the order
// of the desk file. Of a private ticket there is none: the team's name would
// tell what it is about.
func before(n tickets.Notice) (out []otherCard) {
	for _, g := range n.Academy.Groups {
		if post := n.Elsewhere[tickets.ToGroup(g.Code)]; post != "" && !g.Supervises && g.Code != n.Case.Group && !n.Case.Private {
			out = append(out, otherCard{g.Code, post})
		}
	}
	return out
}

// after is the ticket's card where it is now, for a card that it has left; false
// before that one is there.
func after(n tickets.Notice) (otherCard, bool) {
	post := n.Elsewhere[tickets.ToGroup(n.Case.Group)]
	return otherCard{n.Case.Group, post}, post != ""
}

// left says whether the card is that of a group that the ticket has left.
func left(n tickets.Notice) bool {
	group, ok := n.Delivery.Recipient.Group()
	return ok && group != n.Case.Group
}

// unlinked says why the card is to be sent again, as it does not link yet to the
// ticket's other one; "" when it does, or need not.
func unlinked(n tickets.Notice) string {
	if left(n) {
		if _, there := after(n); !there && n.Attempts < linkAttempts {
			return "to link to the card where the ticket is now: it is not posted yet"
		}
		return ""
	}
	from, ok := n.Academy.Group(n.Event.Detail.FromGroup)
	if ok && from.Channel != "" && !from.Supervises && !n.Case.Private && n.Elsewhere[tickets.ToGroup(from.Code)] == "" && n.Attempts < linkBackAttempts {
		return "to link to the card that the ticket has left: where that is, is not recorded yet"
	}
	return ""
}

// leftPost says where the ticket went. As this card follows it no longer, it
// shows nothing that would grow old.
func (b *Bot) leftPost(n tickets.Notice, channel string) *model.Post {
	p, t := printer(n), n.Case.Ticket
	a := b.attachment(n, channel, p)
	a.Color, a.Fields = grey, nil
	if !t.Private {
		a.Fields = fields{}.
			with(p.T("card.entity"), defuse(t.Entity)).
			with(p.T("card.opened"), p.When(t.OpenedAt))
	}
	where := p.T("card.left.private") // the team's name would tell what it is about
	if g, ok := n.Academy.Group(t.Group); ok && !t.Private {
		where = p.T("card.left", defuse(p.Group(n.Academy, g.Code))) + " (~" + g.Channel + ")" // the chat makes it a link
	}
	message := t.Number.String() + " · " + where
	a.Fallback = message
	if card, ok := after(n); ok && !t.Private {
		a.Text += " · " + markdownLink(p.T("card.after"), card.link(b, n))
	}
	return newPost(channel, n.ID, message, a)
}

// fields are those of an attachment, two beside each other.
type fields []*model.MessageAttachmentField

// with adds a field, unless it is empty.
func (f fields) with(title, value string) fields {
	if value == "" {
		return f
	}
	return append(f, &model.MessageAttachmentField{Title: title, Value: value, Short: true})
}

// actor is the member of the desk who did it, by name.
func actor(c tickets.Case, e tickets.Event, p locale.Printer) string {
	if name := defuse(c.Who(e.Actor).Name()); name != "" {
		return name
	}
	return p.T("card.somebody")
}

// wordsPost is the reply in the card's thread for an event of which the card
// does not tell all: who wrote what, who passed the ticket on, what was
// requalified. It is nil for the others. Only members of the desk are named; of
// a private ticket only what happened is told.
func wordsPost(n tickets.Notice, portal tickets.Portal) *model.Post {
	p, t, e := printer(n), n.Case.Ticket, n.Event
	what, args := string(e.Action), []any{actor(n.Case, n.Event, p)}
	if e.Detail.Major != "" { // the incident's own card has the words, once
		return nil
	}
	switch e.Action {
	case tickets.ActionAssign, tickets.ActionRelease, tickets.ActionRequalify, tickets.ActionMerge, tickets.ActionUnmerge:
	case tickets.ActionNote, tickets.ActionAsk, tickets.ActionResolve, tickets.ActionClose:
		if e.Text == "" {
			return nil
		}
	case tickets.ActionReopen:
		if t.Party(e.Actor) {
			what, args = "reopen_by_party", nil
		}
	case tickets.ActionComplement, tickets.ActionRefuse, tickets.ActionWithdraw, tickets.ActionValidate:
		if e.Text == "" {
			return nil
		}
		args = nil
	default:
		return nil // the card tells it all
	}
	var message strings.Builder
	switch {
	case t.Private:
		message.WriteString(p.T("card.happened."+what, args...) + " " + markdownLink(p.T("card.link", t.Number.String()), portal.Ticket(t)))
	case e.Text == "":
		message.WriteString(p.T("card.happened."+what, args...))
	default:
		message.WriteString(p.T("card.words."+what, args...) + "\n" + quote(e.Text))
	}
	if !t.Private {
		d := e.Detail
		d.Rating = 0 // is for who did the work, not for the channel
		for i, change := range p.Changes(n.Academy, d, n.Case.People) {
			if i == 0 {
				message.WriteByte('\n')
			}
			message.WriteString("\n- " + defuse(change))
		}
		if into, err := tickets.ParseRef(d.Into); err == nil {
			kept := tickets.Ticket{Academy: t.Academy, Number: tickets.Number(into)}
			message.WriteString("\n\n" + markdownLink(p.T("card.link", d.Into), portal.Ticket(kept)))
		}
	}
	return newPost("", uuid.NewSHA1(n.ID, []byte("words")), message.String())
}

// attachment shows the ticket: never a requester's name, a telephone or the
// description; of a private one hardly anything.
func (b *Bot) attachment(n tickets.Notice, channel string, p locale.Printer) *model.MessageAttachment {
	t := n.Case.Ticket
	number := t.Number.String()
	title := number
	if t.Private {
		title += " · " + p.T("card.private")
	}
	assignee := p.T("card.nobody")
	if name := n.Case.Who(t.Assignee).Name(); name != "" {
		assignee = defuse(name)
	}
	var told fields
	if !t.Private {
		told = told.
			with(p.T("card.theme"), defuse(p.Category(n.Academy, t.Category, t.Subcategory))).
			with(p.T("card.entity"), defuse(t.Entity)).
			with(p.T("card.opened"), p.When(t.OpenedAt)).
			with(p.T("card.urgency"), p.Urgency(t.Urgency))
		switch {
		case t.Paused():
			told = told.with(p.T("card.due"), p.T("due.paused"))
		case t.Open() && !t.Due.IsZero():
			told = told.with(p.T("card.due"), p.When(t.Due))
		}
	}
	switch {
	case t.Major:
		told = told.with(p.T("card.major"), p.T("card.major.itself"))
	case t.Parent != uuid.Nil && !t.Private:
		told = told.with(p.T("card.major"), p.T("card.major.joined"))
	}
	told = told.with(p.T("card.status"), p.State(t)).with(p.T("card.assignee"), assignee)
	if t.Status == tickets.StatusClosed && !t.Private {
		told = told.with(p.T("card.cause"), defuse(p.Cause(n.Academy, t.Cause)))
	}
	return &model.MessageAttachment{
		Fallback: number + " · " + p.State(t), Color: colour(t),
		Title: title, TitleLink: b.opts.Portal.Ticket(t), Fields: told,
		// A link, as buttons cannot lead out of the chat.
		Text:    markdownLink(p.T("card.open"), b.opts.Portal.Ticket(t)),
		Actions: []*model.PostAction{b.button(n, channel, "voir", p.T("card.view"))},
	}
}

func colour(t tickets.Ticket) string {
	switch {
	case t.Status == tickets.StatusClosed:
		return grey
	case t.Status == tickets.StatusResolved:
		return green
	case t.Private: // how urgent it is is not for the channel
		return blue
	case t.Urgency == tickets.Critical:
		return red
	case t.Urgency == tickets.High:
		return orange
	}
	return blue
}

// button stands for a command on the ticket; its id is the command's verb.
func (b *Bot) button(n tickets.Notice, channel, verb, name string) *model.PostAction {
	return &model.PostAction{
		Id: verb, Type: model.PostActionTypeButton, Name: name,
		Integration: &model.PostActionIntegration{
			URL: b.opts.HooksURL + "/mattermost/action",
			Context: b.opts.Keyring.ButtonContext(tickets.Button{
				Operation: verb, Academy: n.Academy.ID, Ticket: n.Ticket, Channel: channel,
				Expires: b.opts.Now().Add(buttonLife),
			}),
		},
	}
}
