package mattermost

import (
	"encoding/json"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
)

// alertPost tells supervisors what happened to the ticket.
// It is nil when an alert without a ticket is of a kind unknown here.
func (b *Bot) alertPost(n tickets.Notice, channel string) *model.Post {
	if n.Ticket == uuid.Nil {
		return generalAlert(n, channel)
	}
	p, t := printer(n), n.Case.Ticket
	what := "card.alert.other"
	switch n.Event.Action {
	case tickets.ActionOpen:
		what = "card.alert.critical"
	case tickets.ActionRefuse:
		what = "card.alert.refused"
	case tickets.ActionRequalify:
		what = "card.alert.raised"
	}
	post := newPost(channel, n.ID, p.T(what, t.Number.String()), b.attachment(n, channel, p))
	if t.Urgency == tickets.Critical {
		post.Metadata = &model.PostMetadata{Priority: &model.PostPriority{Priority: model.NewPointer(model.PostPriorityUrgent)}}
	}
	return post
}

// generalAlerts are the words of each alert that is about no ticket, by kind:
// what happens, with its count, and what to do about it.
var generalAlerts = map[tickets.AlertRule]string{
	tickets.AlertMailLoop:       "alert.mail_loop",
	tickets.AlertMailHeld:       "alert.mail_held",
	tickets.AlertMailQuarantine: "alert.mail_quarantine",
	tickets.AlertAddressMuted:   "alert.address_muted",
}

// generalAlert tells supervisors what is wrong around the tickets. It names
// nobody: whoever reads the channel reads it.
func generalAlert(n tickets.Notice, channel string) *model.Post {
	var a tickets.Alert
	if json.Unmarshal(n.Data, &a) != nil || generalAlerts[a.Kind] == "" {
		return nil
	}
	p, key := printer(n), generalAlerts[a.Kind]
	return newPost(channel, n.ID, p.N(key, a.Count)+"\n\n"+p.T(key+".todo"))
}
