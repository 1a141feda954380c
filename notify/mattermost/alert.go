package mattermost

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
	"cecoia.example/tickets/oncall"
)

// alert brings the card of an alert up to date in the supervisors' channel, or
// posts it: the first time, where the card says so, and where somebody deleted
// it.
func (b *Bot) alert(ctx context.Context, n tickets.Notice) (thread string, err error) {
	var card oncall.Card
	if json.Unmarshal(n.Data, &card) != nil || card.Rule == "" {
		return n.Thread, permanent("the delivery has no alert")
	}
	channel, err := b.groupChannel(ctx, n)
	if err != nil {
		return n.Thread, err
	}
	post := b.alertPost(n, card, channel)
	if n.Thread != "" && !card.Anew {
		if there, err := b.edit(ctx, n.Thread, post); err != nil || there {
			return n.Thread, err
		}
	}
	thread, err = b.postOnce(ctx, n, post)
	if err == nil && n.Thread != "" && thread != n.Thread && card.Anew {
		// Who finds the earlier post is sent on; if that fails, its buttons say so.
		_, _ = b.edit(ctx, n.Thread, b.passedPost(n, card, channel, thread))
	}
	return thread, err
}

// passedPost is what stays of a post whose alert has another by now.
func (b *Bot) passedPost(n tickets.Notice, card oncall.Card, channel, next string) *model.Post {
	p := printer(n)
	a := &model.MessageAttachment{Text: markdownLink(p.T("alert.goes_on"), b.permalink(n.Academy.Team, next))}
	return newPost(channel, n.ID, alertHead(n.Academy, card, p), a)
}

// escalated tells one person of an alert that nobody has seen to, in a message
// of its own, with the same buttons.
func (b *Bot) escalated(ctx context.Context, n tickets.Notice) (thread string, err error) {
	var card oncall.Card
	if json.Unmarshal(n.Data, &card) != nil || card.Rule == "" {
		return n.Thread, permanent("the delivery has no alert")
	}
	if n.Account == "" {
		return n.Thread, permanent("the person is not linked to a chat account")
	}
	channel, err := b.directChannel(ctx, n.Account)
	if err != nil {
		return n.Thread, err
	}
	return b.postOnce(ctx, n, b.alertPost(n, card, channel))
}

// alertPost is the card of an alert: how bad, what, how many, since when, the
// tickets to begin with, who has it and what comes next. It names nobody but the
// desk's own.
func (b *Bot) alertPost(n tickets.Notice, card oncall.Card, channel string) *model.Post {
	p := reader(n)
	over := card.State == oncall.StateResolved
	a := &model.MessageAttachment{
		Fallback: alertHead(n.Academy, card, p),
		Color:    alertColours[card.Severity],
		Text:     p.T("alert." + string(card.Rule) + ".todo"),
	}
	if over {
		a.Color, a.Text = "#6b7280", ""
	}
	told := fields{}
	if len(card.Worst) > 0 && !over {
		var worst []string
		for _, w := range card.Worst {
			if w.Private { // its own card says neither its theme nor how urgent it is
				continue
			}
			worst = append(worst, markdownLink(w.Number.String(), b.opts.Portal.Ticket(tickets.Ticket{Academy: n.Academy.ID, Number: w.Number}))+" · "+p.Urgency(w.Urgency)+" · "+p.T("alert.since", w.Since))
		}
		if len(worst) > 0 {
			told = append(told, &model.MessageAttachmentField{Title: p.T("alert.worst"), Value: strings.Join(worst, "\n")})
		}
	}
	if major, err := tickets.ParseRef(card.Major); err == nil {
		t := tickets.Ticket{Academy: n.Academy.ID, Number: tickets.Number(major)}
		told = told.with(p.T("alert.major"), markdownLink(card.Major, b.opts.Portal.Ticket(t))+" · "+p.MajorCount(card.Joined, card.Settled))
	}
	if over && card.Rule == tickets.AlertStorm { // what its post is remembered for
		told = told.with(p.T("alert.began"), p.When(card.Since))
	}
	told = told.with(p.T("alert.state"), alertState(card, p))
	if !over && card.State != oncall.StateHeld && card.State != oncall.StateSnoozed { // else its owner is who holds it
		told = told.with(p.T("alert.duty"), cmp.Or(defuse(card.Owner), p.T("alert.duty.nobody")))
	}
	if card.NextStep != 0 {
		args := []any{p.When(card.NextAt)}
		if card.NextStep < oncall.ToAll {
			args = []any{defuse(card.Next), p.When(card.NextAt)}
		}
		told = told.with(p.T("alert.next"), p.T("alert.next."+strconv.Itoa(int(card.NextStep)), args...))
	}
	a.Fields = told
	if !over {
		for _, o := range alertButtons {
			if o.command == "majeur" && (card.Rule != tickets.AlertStorm || card.Major != "") {
				continue
			}
			action := b.button(n, channel, o.command, p.T(o.name))
			action.Id = o.id
			a.Actions = append(a.Actions, action)
		}
	}
	post := newPost(channel, n.ID, alertHead(n.Academy, card, p), a)
	if card.Severity == tickets.Emergency && !over {
		post.Metadata = &model.PostMetadata{Priority: &model.PostPriority{Priority: model.NewPointer(model.PostPriorityUrgent)}}
	}
	return post
}

var alertColours = map[tickets.Severity]string{
	tickets.Informative: "#2563eb", tickets.Warning: "#b45309", tickets.Emergency: "#b91c1c",
}

// alertButtons are what can be done to an alert: each stands for a command. The
// server routes ids of letters and figures only. The one for a major incident is
// for a storm without.
var alertButtons = []struct{ id, command, name string }{
	{"ack", "ack", "alert.button.ack"},
	{"differer30", "différer 30 min", "alert.button.half"},
	{"differer120", "différer 2 h", "alert.button.two"},
	{"escalader", "escalader", "alert.button.escalate"},
	{"majeur", "majeur", "alert.button.major"},
	{"alertes", "alertes", "alert.button.open"},
}

// alertHead is the line that is read first, in a notification too.
func alertHead(a tickets.Academy, card oncall.Card, p locale.Printer) string {
	parts := []string{"**" + p.T("alert.severity."+strconv.Itoa(int(card.Severity))) + "**", p.T("alert." + string(card.Rule))}
	if about := p.AlertAbout(a, string(card.Rule), card.Theme, card.Subject); about != "" {
		parts = append(parts, defuse(about))
	}
	if card.State == oncall.StateResolved {
		parts = append(parts, alertState(card, p))
		if card.Rule.AboutTickets() { // of others it is how often, not how many
			parts = append(parts, p.N("alert.total", card.Total))
		}
	} else {
		count := "alert.things"
		if len(card.Worst) > 0 {
			count = "alert.tickets"
		}
		parts = append(parts, p.N(count, card.Count), p.T("alert.since", card.Since))
	}
	return strings.Join(append(parts, p.T("alert.number", card.Rank)), " · ")
}

// alertState says how the alert stands.
func alertState(card oncall.Card, p locale.Printer) string {
	key := "alert.state." + string(card.State)
	switch card.State {
	case oncall.StateHeld, oncall.StateSnoozed:
		return p.T(key, defuse(card.Owner), p.When(card.Until))
	case oncall.StateResolved:
		return p.T(key, p.When(card.EndedAt))
	}
	return p.T(key)
}
