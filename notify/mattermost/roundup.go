package mattermost

import (
	"context"
	"encoding/json"
	"strings"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

// roundup tells a member of the desk what waits for them, in a message of its own.
func (b *Bot) roundup(ctx context.Context, n tickets.Notice) (thread string, err error) {
	var r oncall.Roundup
	if json.Unmarshal(n.Data, &r) != nil || r.At.IsZero() {
		return n.Thread, permanent("the delivery has no round-up")
	}
	if n.Account == "" {
		return n.Thread, permanent("the person is not linked to a chat account")
	}
	channel, err := b.directChannel(ctx, n.Account)
	if err != nil {
		return n.Thread, err
	}
	p := reader(n)
	lines := []string{"**" + p.T("roundup.head", r.At) + "**"}
	if own := p.Waiting(r.Own.Counts(), r.Own.Oldest); own != "" {
		lines = append(lines, "- "+p.T("roundup.own")+" · "+own)
	}
	for _, g := range r.Groups {
		lines = append(lines, "- "+defuse(p.Group(n.Academy, g.Group))+" · "+p.Waiting(g.Counts(), g.Oldest))
	}
	if r.Alerts > 0 {
		lines = append(lines, markdownLink(p.N("roundup.alerts", r.Alerts), b.opts.Portal.Supervision()))
	}
	return b.postOnce(ctx, n, newPost(channel, n.ID, strings.Join(lines, "\n")))
}
