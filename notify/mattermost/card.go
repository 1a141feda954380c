package mattermost

import (
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

// cardPost is the ticket's card as the ticket stands.
func (b *Bot) cardPost(n tickets.Notice, channel string) *model.Post {
	p, t := printer(n), n.Case.Ticket
	a := b.attachment(n, channel)
	if t.Status == tickets.StatusNew {
		take := b.button(n, channel, "prendre", p.T("card.take"))
		take.Style = "primary"
		a.Actions = append([]*model.PostAction{take}, a.Actions...)
	}
	return newPost(channel, n.ID, t.Number.String()+" · "+p.State(t), a)
}

// alertPost tells supervisors what happened to the ticket.
func (b *Bot) alertPost(n tickets.Notice, channel string) *model.Post {
	p, t := printer(n), n.Case.Ticket
	what := "card.alert.other"
	switch n.Event.Action {
	case tickets.ActionOpen:
		what = "card.alert.critical"
	case tickets.ActionRefuse:
		what = "card.alert.refused"
	}
	post := newPost(channel, n.ID, p.T(what, t.Number.String()), b.attachment(n, channel))
	if t.Urgency == tickets.Critical {
		post.Metadata = &model.PostMetadata{Priority: &model.PostPriority{Priority: model.NewPointer(model.PostPriorityUrgent)}}
	}
	return post
}

// directPost tells the assignee, in their language, what the requester did.
func (b *Bot) directPost(n tickets.Notice, channel string) *model.Post {
	p, t := locale.For(n.Recipient.Lang, n.Academy.Location()), n.Case.Ticket
	message := p.T("card.direct."+string(n.Template), t.Number.String())
	if !t.Private && n.Event.Text != "" {
		message += "\n\n" + quote(n.Event.Text)
	}
	message += "\n\n" + markdownLink(p.T("card.link", t.Number.String()), b.opts.Portal.Ticket(t))
	return newPost(channel, n.ID, message)
}

// wordsPost is the reply in the card's thread for an event that carries words,
// nil for the others. Only members of the desk are named; of a private ticket
// only what happened is told.
func wordsPost(n tickets.Notice, portal tickets.Portal) *model.Post {
	p, t, e := printer(n), n.Case.Ticket, n.Event
	if e.Text == "" {
		return nil
	}
	var args []any
	switch e.Action {
	case tickets.ActionNote, tickets.ActionAsk, tickets.ActionResolve:
		name := defuse(n.Case.Who(e.Actor).Name())
		if name == "" {
			name = p.T("card.somebody")
		}
		args = append(args, name)
	case tickets.ActionComplement, tickets.ActionRefuse, tickets.ActionWithdraw, tickets.ActionValidate:
	default:
		return nil // the card tells it all
	}
	message := p.T("card.words."+string(e.Action), args...) + "\n" + quote(e.Text)
	if t.Private {
		message = p.T("card.happened."+string(e.Action), args...) + " " +
			markdownLink(p.T("card.link", t.Number.String()), portal.Ticket(t))
	}
	return newPost("", uuid.NewSHA1(n.ID, []byte("words")), message)
}

// attachment shows the ticket: never a requester's name, a telephone or the
// description; of a private one hardly anything.
func (b *Bot) attachment(n tickets.Notice, channel string) *model.MessageAttachment {
	p, t := printer(n), n.Case.Ticket
	number := t.Number.String()
	title := number
	if t.Private {
		title += " · " + p.T("card.private")
	}
	assignee := p.T("card.nobody")
	if name := n.Case.Who(t.Assignee).Name(); name != "" {
		assignee = defuse(name)
	}
	var fields []*model.MessageAttachmentField
	field := func(key, value string) {
		if value != "" {
			fields = append(fields, &model.MessageAttachmentField{Title: p.T(key), Value: value, Short: true})
		}
	}
	if !t.Private {
		field("card.theme", defuse(p.Theme(n.Academy, t.Category)))
		field("card.entity", defuse(t.Entity))
		field("card.opened", p.When(t.OpenedAt))
		field("card.urgency", p.Urgency(t.Urgency))
	}
	field("card.status", p.State(t))
	field("card.assignee", assignee)
	return &model.MessageAttachment{
		Fallback: number + " · " + p.State(t), Color: colour(t),
		Title: title, TitleLink: b.opts.Portal.Ticket(t), Fields: fields,
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
				Operation: verb, Academy: n.Academy.ID, Ticket: n.Case.ID, Channel: channel,
				Expires: b.opts.Now().Add(buttonLife),
			}),
		},
	}
}
