package mattermost

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

var affecter = verb{
	name: "affecter", aliases: []string{"assign", "a", "transferer", "confier"},
	run: func(ctx context.Context, c *call) (string, error) {
		numbers, rest := cutNumbers(c.rest, maxNumbers)
		to, rest, err := c.recipients(ctx, rest)
		if err != nil {
			return "", err
		}
		if len(numbers) == 0 { // "affecter @alix 12 13 un mot"
			numbers, rest = cutNumbers(rest, maxNumbers)
		}
		if len(numbers) > maxNumbers {
			return "", refusal(c.print.T("chat.too_many", maxNumbers))
		}
		refs, _, err := c.targets(ctx, numbers...)
		if err != nil {
			return "", err
		}
		return c.each(refs, func(n int, ref tickets.Ref) (string, error) { return c.assign(ctx, n, ref, to, plainText(rest)) })
	},
}

// assignment is whom a ticket is given to: a person, a group, or both.
type assignment struct {
	person tickets.Person // zero for none
	group  string         // "" for that of the ticket, or the person's own
}

// assign gives the ticket away. Who is not of its group takes it to theirs.
func (c *call) assign(ctx context.Context, n int, ref tickets.Ref, to assignment, words string) (string, error) {
	by := c.by(n)
	in := tickets.Input{Text: words, Assignee: to.person.ID, Group: to.group}
	if in.Group == "" {
		cs, err := c.Desk.Case(ctx, by, ref)
		if err != nil {
			return "", err
		}
		if !to.person.MemberOf(cs.Group) {
			in.Group = c.home(to.person)
		}
	}
	res, err := c.Desk.Do(ctx, by, ref, tickets.ActionAssign, in)
	switch {
	case err != nil:
		return "", err
	case res.Event == nil:
		return c.print.T("chat.assign.already", res.Number.String()), nil
	case movedOn(res, by):
		return c.already(res), nil
	}
	group := inline(c.print.Group(c.academy, res.Group))
	if to.person.ID == uuid.Nil {
		return c.print.T("chat.assign.group", res.Number.String(), group), nil
	}
	return c.print.T("chat.assign.person", res.Number.String(), inline(to.person.Name()), group), nil
}

// home is the first group of the person that gets tickets, "" for none.
func (c *call) home(p tickets.Person) string {
	for _, m := range p.Memberships {
		if g, ok := c.academy.Group(m.Group); ok && !g.Supervises {
			return g.Code
		}
	}
	return ""
}

// recipients takes off the head of s whom a ticket is for: "@alix", "~reseaux",
// "à Alix", "reseaux @alix". It refuses what names nobody.
func (c *call) recipients(ctx context.Context, s string) (to assignment, rest string, err error) {
	rest = plainText(s)
	for range 2 { // at most a group and a person
		word, after := cutWord(rest)
		if slices.Contains([]string{"a", "au", "aux", "to", "vers", "groupe", "group", "equipe", "team"}, fold(word)) && after != "" {
			word, after = cutWord(after)
		}
		marked := strings.HasPrefix(word, "@") || strings.HasPrefix(word, "~")
		first := to.person.ID == uuid.Nil && to.group == ""
		if word == "" || !first && !marked {
			break
		}
		if group, ok := c.groupNamed(word); ok && to.group == "" {
			to.group, rest = group, plainText(after)
			continue
		}
		if strings.HasPrefix(word, "~") {
			return to, "", refusal(c.noRecipient(ctx, word))
		}
		p, ok, err := c.agentNamed(ctx, word)
		if second, further := cutWord(after); err == nil && !marked && second != "" { // a given and a family name
			if both, named, failed := c.agentNamed(ctx, word+" "+second); named || failed != nil {
				p, ok, err, after = both, named, failed, further
			}
		}
		switch {
		case err != nil:
			return to, "", err
		case ok && to.person.ID == uuid.Nil:
			to.person, rest = p, plainText(after)
		case first:
			return to, "", refusal(c.noRecipient(ctx, word))
		default: // a mention within the words
			return to, rest, nil
		}
	}
	if to.person.ID == uuid.Nil && to.group == "" {
		return to, "", errUsage
	}
	return to, rest, nil
}

// groupNamed returns the group that gets tickets of that code, name or channel.
func (c *call) groupNamed(word string) (string, bool) {
	if strings.HasPrefix(word, "@") {
		return "", false
	}
	key := fold(strings.TrimPrefix(word, "~"))
	for _, g := range c.academy.Groups {
		if !g.Supervises && slices.Contains([]string{g.Code, fold(g.Channel), fold(g.Name.FR), fold(g.Name.EN)}, key) {
			return g.Code, true
		}
	}
	return "", false
}

// agentNamed returns the member of the desk of that mention, login, mail address
// or name; false when nobody is, or several are. An account that Mattermost
// knows is whoever it is linked to, and nobody else.
func (c *call) agentNamed(ctx context.Context, word string) (tickets.Person, bool, error) {
	key := fold(strings.TrimPrefix(word, "@"))
	if slices.Contains([]string{"moi", "me", "myself", "moi-meme"}, key) {
		return c.person, true, nil
	}
	if account := c.command.Mentions["@"+strings.ToLower(strings.TrimPrefix(word, "@"))]; account != "" {
		p, err := c.Directory.PersonByAccount(ctx, c.academy.ID, tickets.Chat, account)
		if tickets.CodeOf(err) == tickets.NotFound {
			return p, false, nil
		}
		return p, err == nil, err
	}
	agents, err := c.Desk.Agents(ctx, c.by(0), "")
	if err != nil {
		return tickets.Person{}, false, err
	}
	// What is one person's own goes before what several may share.
	for _, names := range []func(tickets.Person) []string{
		func(p tickets.Person) []string { return []string{p.Login, p.Email} },
		func(p tickets.Person) []string {
			local, _, _ := strings.Cut(p.Email, "@")
			return []string{local, p.GivenName + "." + p.FamilyName, p.GivenName + "-" + p.FamilyName, p.Name(), p.FamilyName + " " + p.GivenName}
		},
		func(p tickets.Person) []string { return []string{p.GivenName, p.FamilyName} },
	} {
		var found []tickets.Person
		for _, p := range agents {
			if slices.ContainsFunc(names(p), func(n string) bool { return n != "" && fold(n) == key }) {
				found = append(found, p)
			}
		}
		if len(found) > 0 {
			return found[0], len(found) == 1, nil
		}
	}
	return tickets.Person{}, false, nil
}

// noRecipient says that nobody is called that, and who could have been meant.
func (c *call) noRecipient(ctx context.Context, word string) string {
	said := c.print.T("chat.assign.unknown", inline(shorten(word, 40)))
	var groups, known []string // known are all that could be typed
	var names [][]string       // and what it is called
	for _, g := range c.academy.Groups {
		if !g.Supervises {
			groups = append(groups, "`"+g.Code+"`")
			known, names = append(known, g.Code), append(names, []string{g.Code, g.Channel, g.Name.FR})
		}
	}
	agents, err := c.Desk.Agents(ctx, c.by(0), "")
	if err != nil {
		agents = nil // without them the answer is poorer, not wrong
	}
	const most = 15
	var people []string
	for i, p := range agents {
		local, _, _ := strings.Cut(p.Email, "@")
		known, names = append(known, local), append(names, []string{local, p.Login, p.GivenName, p.FamilyName})
		if i < most {
			people = append(people, "`"+local+"`")
		}
	}
	if len(agents) > most {
		people = append(people, "…")
	}
	if i, ok := nearest(strings.TrimLeft(word, "@~"), names); ok {
		said += " " + c.print.T("chat.suggestion", c.verb.label(c.print)+" … "+known[i])
	}
	return said + "\n" + c.print.T("chat.assign.known", strings.Join(groups, ", "), strings.Join(people, ", ")) + "\n" + c.usage(c.verb)
}
