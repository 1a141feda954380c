package mattermost

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// clicked posts a click on a button and returns what the person sees.
func (w *world) clicked(user, post, channel string, context map[string]any) string {
	w.t.Helper()
	w.triggers++
	body, err := json.Marshal(map[string]any{
		"user_id": user, "user_name": "alix", "channel_id": channel, "channel_name": "assistance", "team_id": id("team"),
		"team_domain": "creteil", "post_id": post, "trigger_id": id("t" + uuid.NewString()[:8]), "type": "button", "data_source": "",
		"context": context,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	answer := w.post("/mattermost/action", "application/json", "", strings.NewReader(string(body)))
	said, _ := answer["ephemeral_text"].(string)
	if said == "" || answer["skip_slack_parsing"] != true || answer["update"] != nil {
		w.t.Errorf("answer %v", answer)
	}
	return said
}

func TestButtons(t *testing.T) {
	w := newWorld(t)
	cs, other := w.open("creteil", tickets.Card{Description: "@all au secours"}), w.open("creteil", tickets.Card{})
	post, channel := id("card"), id("channel")
	w.card(cs, post)
	w.card(other, id("othercard"))
	agent := account("creteil", "agent")
	context := func(change func(*tickets.Button)) map[string]any {
		b := tickets.Button{Operation: "voir", Academy: "creteil", Ticket: cs.ID, Channel: channel, Expires: noon.Add(24 * time.Hour)}
		if change != nil {
			change(&b)
		}
		return w.keyring.ButtonContext(b)
	}
	forged := func(field, value string) map[string]any {
		c := context(nil)
		c[field] = value
		return c
	}
	const refused = "n’est plus valable"
	for name, c := range map[string]struct {
		user, post, channel string
		context             map[string]any
		want                string
		audited             bool
	}{
		"voir":                       {agent, post, channel, context(nil), "@\u200ball au secours", false},
		"by a requester":             {account("creteil", "requester"), post, channel, context(nil), "réservées à l’assistance", true},
		"by a stranger":              {id("stranger"), post, channel, context(nil), "n’est pas lié", true},
		"by another academy's agent": {account("paris", "agent"), post, channel, context(nil), "n’est pas lié", true},
		"another operation":          {agent, post, channel, forged("op", "prendre"), refused, true},
		"another ticket":             {agent, post, channel, forged("ticket", other.ID.String()), refused, true},
		"another time":               {agent, post, channel, forged("expires", "99999999999"), refused, true},
		"no context":                 {agent, post, channel, nil, refused, true},
		"expired":                    {agent, post, channel, context(func(b *tickets.Button) { b.Expires = noon }), refused, true},
		"copied to another channel":  {agent, post, id("elsewhere"), context(nil), refused, true},
		"copied to another post":     {agent, id("copy"), channel, context(nil), refused, true},
		"copied to another card":     {agent, id("othercard"), channel, context(nil), refused, true},
		"not a button's verb":        {agent, post, channel, context(func(b *tickets.Button) { b.Operation = "résoudre" }), refused, true},
		"an academy without token":   {agent, post, channel, context(func(b *tickets.Button) { b.Academy = "versailles" }), refused, true},
		"no user":                    {"", post, channel, context(nil), "pas lisible", true},
	} {
		t.Run(name, func(t *testing.T) {
			logged := len(w.log.String())
			wants(t, name, w.clicked(c.user, c.post, c.channel, c.context), c.want)
			if lines := strings.Count(w.log.String()[logged:], "\n"); c.audited != (lines == 1) || lines > 1 {
				t.Errorf("%d log lines:\n%s", lines, w.log.String()[logged:])
			}
		})
	}
	if v := w.view(cs); len(v.Events) != 1 {
		t.Errorf("%d events: a refused click did something", len(v.Events))
	}
	take := context(func(b *tickets.Button) { b.Operation = "prendre" })
	wants(t, "prendre", w.clicked(agent, post, channel, take), cs.Number.String()+" est à vous")
	wants(t, "a second click", w.clicked(agent, post, channel, take), cs.Number.String()+" est à vous")
	w.later(2 * time.Minute)
	wants(t, "a late second click", w.clicked(agent, post, channel, take), cs.Number.String()+" est à vous")
	wants(t, "another's click", w.clicked(account("creteil", "edith"), post, channel, take), "was already taken by Alix Modèle")
	if v := w.view(cs); len(v.Events) != 2 {
		t.Errorf("%d events, want the opening and the take-up", len(v.Events))
	}
}

// A click may come before it is recorded which ticket the post is about.
func TestAQuickClickWaitsForItsCard(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{})
	context := w.keyring.ButtonContext(tickets.Button{Operation: "voir", Academy: "creteil", Ticket: cs.ID, Channel: id("channel"), Expires: noon.Add(time.Hour)})
	w.commands.Directory = &late{Directory: w.db, record: sync.OnceFunc(func() { w.card(cs, id("card")) })}
	wants(t, "voir", w.clicked(account("creteil", "agent"), id("card"), id("channel"), context), cs.Number.String())
}
