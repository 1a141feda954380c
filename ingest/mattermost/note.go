package mattermost

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

var note = verb{
	name: "note", aliases: []string{"memo", "n"},
	run: func(ctx context.Context, c *call) (string, error) {
		refs, words, err := c.about(ctx, true)
		if err != nil {
			return "", err
		}
		named, err := c.mentioned(ctx, words)
		if err != nil {
			return "", err
		}
		in := tickets.Input{Text: words, Mentions: []uuid.UUID{}} // nobody else, whatever their login
		for _, p := range named.people {
			in.Mentions = append(in.Mentions, p.ID)
		}
		return c.apply(ctx, refs, tickets.ActionNote, in, func(res tickets.Result) string {
			return c.print.T("chat.note.done", res.Number.String(), c.quote(res.Event.Text)) + c.toldByNote(res, named)
		})
	},
}

// mentioned are those whom words name with an @.
type mentioned struct {
	people   []tickets.Person // members of the desk, each once
	unlinked []uuid.UUID      // those of them whom no chat account is known of
	unknown  []string         // names of none of them, or of several
}

// mentioned resolves the names in the words: an account that Mattermost knows is
// whoever it is linked to, another name is as people name whom they assign to.
func (c *call) mentioned(ctx context.Context, words string) (mentioned, error) {
	const most = 2 * tickets.MaxMentions // names looked up
	var out mentioned
	var ids []uuid.UUID
	names := tickets.MentionedNames(words)
	for _, name := range names[:min(len(names), most)] {
		p, ok, err := c.agentNamed(ctx, "@"+name)
		switch {
		case err != nil:
			return out, err
		case !ok || !p.Agent():
			out.unknown = append(out.unknown, name)
		case !slices.Contains(ids, p.ID):
			out.people, ids = append(out.people, p), append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	var err error
	out.unlinked, err = c.Directory.Unlinked(ctx, c.academy.ID, tickets.Chat, ids)
	return out, err
}

// toldByNote says who of those named hears of the note, and who does not.
func (c *call) toldByNote(res tickets.Result, named mentioned) string {
	var told, unlinked, hidden, crowd []string
	for _, p := range named.people {
		name := inline(p.Name())
		switch {
		case p.ID == c.person.ID: // whoever wrote it knows
		case slices.Contains(res.Event.Detail.Mentions, p.ID) && slices.Contains(named.unlinked, p.ID):
			unlinked = append(unlinked, name)
		case slices.Contains(res.Event.Detail.Mentions, p.ID):
			told = append(told, name)
		case !p.SeesTicket(res.Ticket):
			hidden = append(hidden, name)
		default:
			crowd = append(crowd, name)
		}
	}
	said := ""
	line := func(key string, names []string, before ...any) {
		if len(names) > 0 {
			said += "\n" + c.print.T("chat.note."+key, append(before, strings.Join(names, ", "))...)
		}
	}
	line("told", told)
	line("unlinked", unlinked)
	line("hidden", hidden)
	line("crowd", crowd, tickets.MaxMentions)
	var unknown []string
	for _, name := range named.unknown {
		unknown = append(unknown, inline("@"+name))
	}
	line("unknown", unknown)
	return said
}
