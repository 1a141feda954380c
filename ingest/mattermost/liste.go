package mattermost

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cecoia.example/tickets"
)

const (
	// listPage is how many tickets one answer shows.
	listPage = 20
	// reachMost is how many open tickets are looked at for who can be reached.
	reachMost = 1000
)

// listKind is which tickets a list is about.
type listKind int

const (
	listFree listKind = iota
	listMine
	listGroup
	listAll
	listWaiting
	listToValidate
	listLate
	listReachable
)

// listName is how a list is called and, folded, what people type for it.
type listName struct {
	kind  listKind
	name  tickets.Text
	words []string
}

var listNames = []listName{
	{listFree, tickets.Text{FR: "libres", EN: "free"}, []string{"libre", "libres", "free", "nouveaux", "nouvelles", "new"}},
	{listMine, tickets.Text{FR: "miens", EN: "mine"}, []string{"mien", "miens", "miennes", "moi", "mes", "mine", "my"}},
	{listGroup, tickets.Text{FR: "groupe", EN: "group"}, []string{"groupe", "equipe", "mon groupe", "mon equipe", "group", "team", "my group", "my team"}},
	{listAll, tickets.Text{FR: "tous", EN: "all"}, []string{"tous", "tout", "toutes", "all", "ouverts", "ouvertes", "open"}},
	{listWaiting, tickets.Text{FR: "en attente", EN: "waiting"}, []string{"en attente", "attente", "waiting"}},
	{listToValidate, tickets.Text{FR: "à valider", EN: "to validate"}, []string{"a valider", "valider", "validation", "validations", "to validate", "validate", "resolved"}},
	{listLate, tickets.Text{FR: "en retard", EN: "late"}, []string{"en retard", "retard", "retards", "late", "overdue"}},
	{listReachable, tickets.Text{FR: "joignables", EN: "reachable"}, []string{"joignables maintenant", "joignables", "joignable", "reachable now", "reachable"}},
}

// filter is which tickets to list.
type filter struct {
	kind    listKind
	group   string // a group's code; with listGroup, "" for the person's own
	theme   string // a theme's code, "" for any
	urgency tickets.Urgency
}

var liste = verb{
	name: "liste", aliases: []string{"list", "ls", "l", "lister"},
	run: func(ctx context.Context, c *call) (string, error) {
		words, page, ok := cutPage(c.rest)
		if !ok {
			return "", errUsage
		}
		f, unknown := c.parseFilter(words)
		if unknown != "" {
			return "", refusal(c.print.T("chat.list.unknown", inline(shorten(unknown, 40))) + "\n" + c.usage(c.verb))
		}
		return c.list(ctx, f, page)
	},
}

// listWords splits what follows the verb into folded words.
func listWords(s string) []string {
	return strings.FieldsFunc(fold(s), func(r rune) bool { return blank(r) || strings.ContainsRune("\"'“”«».,:", r) })
}

// cutPage takes the page off the end: "miens suite 3" is page 3, "miens suite" 2.
func cutPage(s string) (words string, page int, ok bool) {
	all := listWords(s)
	i := slices.IndexFunc(all, func(w string) bool { return w == "suite" || w == "more" || w == "next" })
	if i < 0 {
		return s, 1, true
	}
	page = 2
	if after := all[i+1:]; len(after) > 0 {
		n, err := strconv.Atoi(after[0])
		if err != nil || n < 1 || n > 1000 || len(after) > 1 {
			return "", 0, false
		}
		page = n
	}
	return strings.Join(all[:i], " "), page, true
}

// parseFilter reads "", "miens", "libres messagerie", "groupe reseaux haute", in
// any order; it returns the first word that says nothing, "" when all do.
// Without the name of a list it is all of what is named, and the free tickets
// where nothing is.
func (c *call) parseFilter(s string) (f filter, unknown string) {
	const unnamed = listKind(-1)
	f.kind = unnamed
	words := listWords(s)
	for len(words) > 0 {
		n := c.readFilter(&f, words)
		if n == 0 {
			return f, words[0]
		}
		words = words[n:]
	}
	if f.kind == unnamed {
		switch {
		case f.group != "":
			f.kind = listGroup
		case f.theme != "" || f.urgency != 0:
			f.kind = listAll
		default:
			f.kind = listFree
		}
	}
	return f, ""
}

// readFilter takes what is at the head of the words into f and returns how many
// words that are, 0 for none. The longest meaning counts.
func (c *call) readFilter(f *filter, words []string) int {
	for n := min(len(words), 6); n > 0; n-- {
		said := strings.Join(words[:n], " ")
		for _, l := range listNames {
			if slices.Contains(l.words, said) {
				f.kind = l.kind
				return n
			}
		}
		if code, ok := c.groupNamed(said); ok {
			f.group = code
			return n
		}
		for _, t := range c.academy.Themes {
			if slices.Contains([]string{themeKey(t.Code), themeKey(t.Name.FR), themeKey(t.Name.EN)}, themeKey(said)) {
				f.theme = t.Code
				return n
			}
		}
		if u := urgencyWords[said]; u != 0 {
			f.urgency = u
			return n
		}
	}
	if slices.Contains([]string{"les", "des", "de", "du", "la", "par", "demandes", "tickets", "urgence", "urgency", "theme", "by"}, words[0]) {
		return 1
	}
	return 0
}

// words writes the filter as it is typed, so that it reads as the same.
func (c *call) words(f filter) string {
	i := slices.IndexFunc(listNames, func(l listName) bool { return l.kind == f.kind })
	parts := []string{listNames[i].name.In(c.print.Lang)}
	if f.group != "" {
		parts = append(parts, f.group)
	}
	if f.theme != "" {
		parts = append(parts, f.theme)
	}
	if f.urgency != 0 {
		parts = append(parts, strconv.Itoa(int(f.urgency)))
	}
	return strings.Join(parts, " ")
}

// query is what the filter asks the desk for.
func (c *call) query(f filter) tickets.Query {
	q := tickets.Query{Scope: tickets.ScopeDesk, Statuses: unresolved, Theme: f.theme, Urgency: f.urgency, Group: f.group, Oldest: true}
	switch f.kind {
	case listFree:
		q.Unassigned = true
	case listMine:
		q.Assignee = c.person.ID
	case listGroup:
		if f.group == "" {
			q.Scope = tickets.ScopeTeam
		}
	case listAll:
		q.Statuses = append(slices.Clone(unresolved), tickets.StatusResolved)
	case listWaiting:
		q.Statuses = []tickets.Status{tickets.StatusWaiting}
	case listToValidate:
		q.Statuses = []tickets.Status{tickets.StatusResolved}
	case listLate:
		q.DueBefore = c.Now()
	case listReachable: // of all that is to be worked on
	}
	return q
}

// list answers with a page of the tickets of a filter.
func (c *call) list(ctx context.Context, f filter, page int) (string, error) {
	q, name := c.query(f), c.words(f)
	var found tickets.Page
	var silent int
	var err error
	if f.kind == listReachable {
		found, silent, err = c.reachable(ctx, q, page)
	} else {
		q.Limit, q.Offset = listPage, (page-1)*listPage
		found, err = c.Desk.List(ctx, c.by(0), q)
	}
	if err != nil {
		return "", err
	}
	if len(found.Cases) == 0 && page > 1 && found.Total > 0 {
		return c.print.T("chat.list.past", name, (found.Total+listPage-1)/listPage), nil
	}
	next := ""
	if found.More || page*listPage < found.Total {
		next = fmt.Sprintf("%s suite %d", name, page+1)
	}
	c.remember(ctx, next)
	said := c.print.T("chat.list.none", name)
	if len(found.Cases) > 0 {
		said = c.table(found, f, name, page)
	}
	if silent > 0 {
		said += "\n" + c.print.N("chat.list.silent", silent)
	}
	return said, nil
}

// reachable returns a page of the tickets of the query whose requester can be
// reached now, and how many do not say when, or not so that it is understood.
func (c *call) reachable(ctx context.Context, q tickets.Query, page int) (found tickets.Page, silent int, err error) {
	q.Limit = reachMost
	now := c.Now().In(c.academy.Location())
	var all []tickets.Case
	_, err = c.Desk.ExportList(ctx, c.by(0), q, func(cases []tickets.Case) error {
		for _, cs := range cases {
			switch yes, known := reachable(cs.Availability, now); {
			case !known:
				silent++
			case yes:
				all = append(all, cs)
			}
		}
		return nil
	})
	first := min((page-1)*listPage, len(all))
	return tickets.Page{Cases: all[first:min(first+listPage, len(all))], Total: len(all)}, silent, err
}
