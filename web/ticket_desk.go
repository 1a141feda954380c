package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// deskPanel is what the desk may do from the ticket's page: all of it, as the
// chat may be down.
type deskPanel struct {
	First   *actionForm  // by a button on top of the page; nil when there is none
	Likely  []link       // to the forms that are likely now, for the top of the page
	Forms   []actionForm // behind a disclosure each, the likely ones first
	Into    *actionForm  // leads to the page that merges; nil when it does not fit
	Release string       // the words of the button that gives it back, "" when it does not fit
}

// actionForm is one of the desk's actions.
type actionForm struct {
	Action tickets.Action
	Title  string
	Lead   string
	Fields []field
	Submit string
	Open   bool // it is the likely one, was asked for, or was refused
}

// deskOrder is the order in which the forms are likely to be needed; those that
// have a page or a button of their own are elsewhere.
var deskOrder = map[tickets.Status][]tickets.Action{
	tickets.StatusNew:        {tickets.ActionAsk, tickets.ActionResolve, tickets.ActionAssign, tickets.ActionRequalify, tickets.ActionJoin, tickets.ActionInform, tickets.ActionNote, tickets.ActionClose},
	tickets.StatusInProgress: {tickets.ActionResolve, tickets.ActionAsk, tickets.ActionInform, tickets.ActionNote, tickets.ActionAssign, tickets.ActionRequalify, tickets.ActionJoin, tickets.ActionClose},
	tickets.StatusWaiting:    {tickets.ActionResolve, tickets.ActionInform, tickets.ActionNote, tickets.ActionAsk, tickets.ActionAssign, tickets.ActionRequalify, tickets.ActionJoin, tickets.ActionClose},
	tickets.StatusResolved:   {tickets.ActionInform, tickets.ActionNote, tickets.ActionRequalify, tickets.ActionJoin, tickets.ActionClose},
	tickets.StatusClosed:     {tickets.ActionNote},
}

// likelyForms is how many of the forms the top of the page leads to.
const likelyForms = 2

// deskPanel returns the desk's actions that fit now, and the refusals of the one
// that was tried. The address may ask for one to be open: ?faire=resolve.
func (s *server) deskPanel(r *http.Request, v *visit, view tickets.View, refused refusedAction) (*deskPanel, []problem, error) {
	if !v.person.Agent() {
		return nil, nil, nil
	}
	b := deskForms{visit: v, view: view, refused: refused}
	var err error
	if b.majors, err = s.joinable(r, v, view); err != nil {
		return nil, nil, err
	}
	fits := func(a tickets.Action) bool {
		return slices.Contains(view.Actions, a) && (a != tickets.ActionJoin || len(b.majors) > 0 || refused.action == a)
	}
	if fits(tickets.ActionAssign) {
		if b.agents, err = s.desk.Agents(r.Context(), v.caller(), ""); err != nil {
			return nil, nil, err
		}
	}
	p, likely := &deskPanel{}, likelyForms
	for _, a := range []tickets.Action{tickets.ActionTake, tickets.ActionUnmerge} {
		if fits(a) {
			p.First = &actionForm{Action: a, Submit: v.words.T("web.do." + string(a))}
			likely--
		}
	}
	if fits(tickets.ActionRelease) {
		p.Release = v.words.T("web.do.release")
	}
	asked := tickets.Action(r.URL.Query().Get("faire"))
	if refused.err != nil {
		asked = refused.action
	} else if kept := v.kept.Get("form"); kept != "" {
		asked = tickets.Action(kept)
	}
	path := tickets.TicketPath(view.Academy, view.Number)
	for _, a := range deskOrder[view.Status] {
		if !fits(a) {
			continue
		}
		f := b.form(a)
		f.Open = a == asked
		p.Forms = append(p.Forms, f)
		if len(p.Likely) < likely {
			p.Likely = append(p.Likely, link{fmt.Sprintf("%s?faire=%s#do-%s", path, a, a), f.Title})
		}
	}
	if fits(tickets.ActionMerge) {
		f := b.form(tickets.ActionMerge)
		p.Into = &f
	}
	if !fits(asked) && p.First == nil && len(p.Forms) > 0 && view.Open() {
		p.Forms[0].Open = true
	}
	if len(p.Forms) > len(p.Likely) {
		p.Likely = append(p.Likely, link{"#desk-actions", v.words.T("web.ticket.desk.all")})
	}
	return p, b.problems, nil
}

// deskForms makes the forms of one page. Each has its own fields, of the same
// names: their ids have the action's name where two forms share one.
type deskForms struct {
	visit    *visit
	view     tickets.View
	agents   []tickets.Person
	majors   []tickets.Ticket // those that it may be joined to
	refused  refusedAction
	problems []problem // of the refused one
}

func (b *deskForms) form(a tickets.Action) actionForm {
	v, again := b.visit, b.refused.err != nil && b.refused.action == a
	var fm *form
	if again {
		fm = v.form(b.refused.err)
	} else if fm = v.form(nil); fm.kept.Get("form") != string(a) {
		fm.kept = nil
	}
	value := func(name, initial string) string {
		if again && b.refused.typed.Has(name) {
			return b.refused.typed.Get(name)
		}
		return initial
	}
	key := "web.do." + string(a)
	out := actionForm{Action: a, Title: v.words.T(key), Submit: v.words.T(key + ".submit")}
	text := field{
		Name: "text", ID: "text-" + string(a), Kind: "textarea", Rows: 5, Value: value("text", ""), Limit: tickets.MaxText,
	}
	switch a {
	case tickets.ActionAssign:
		out.Fields = append(out.Fields, fm.field(b.assigneeField(value("assignee", ""))))
		if b.view.Private {
			out.Lead = v.words.T("web.ticket.assign.private")
		}
	case tickets.ActionRequalify:
		for _, f := range b.qualifyFields(value) {
			out.Fields = append(out.Fields, fm.field(f))
		}
	case tickets.ActionJoin:
		out.Fields = append(out.Fields, fm.field(b.joinField(value("major", ""))))
	case tickets.ActionInform, tickets.ActionResolve, tickets.ActionClose:
		if b.view.Major {
			out.Lead = v.words.T("web.major.all")
		}
	case tickets.ActionMerge:
		into := field{Name: "into", Hint: v.words.T("web.field.into.hint")}
		out.Fields = append(out.Fields, fm.field(into))
		return out
	}
	switch a {
	case tickets.ActionAssign, tickets.ActionRequalify:
		text.Rows, text.Label = 2, v.words.T("web.field.text.team")
		text.Hint = v.words.T("web.field.text.team.hint")
		text = fm.optional(text)
	case tickets.ActionJoin:
		text.Rows, text.Label = 2, v.words.T("web.field.text.join")
		text.Hint = v.words.T("web.field.text.join.hint")
		text = fm.optional(text)
	default:
		text.Label, text.Hint = v.words.T("web.field.text."+string(a)), v.words.T("web.field.text."+string(a)+".hint")
		text = fm.field(text)
	}
	out.Fields = append(out.Fields, text)
	if a == tickets.ActionResolve || a == tickets.ActionClose {
		if cause, ok := causeField(fm, v, "cause-"+string(a), value("cause", "")); ok {
			out.Fields = append(out.Fields, cause)
		}
	}
	if again {
		b.problems = fm.problems(nil)
	}
	return out
}

// assigneeField asks for the team, or the person of a team, that the ticket goes
// to: "reseaux", or "reseaux/<id>". The ticket's own team comes first.
func (b *deskForms) assigneeField(value string) field {
	words, a := b.visit.words, b.visit.academy
	f := field{
		Name: "assignee", Kind: "select", Value: value, Hint: words.T("web.field.assignee.hint"),
		Groups: []optionGroup{{Options: []option{{Value: "", Label: words.T("web.field.choose")}}}},
	}
	teams := slices.Clone(a.Groups)
	slices.SortStableFunc(teams, func(x, y tickets.Group) int {
		switch b.view.Group {
		case x.Code:
			return -1
		case y.Code:
			return 1
		}
		return 0
	})
	for _, g := range teams {
		if g.Supervises {
			continue
		}
		name := g.Name.In(words.Lang)
		group := optionGroup{Label: name}
		if g.Code != b.view.Group {
			group.Options = append(group.Options, option{Value: g.Code, Label: words.T("web.field.assignee.team", name)})
		}
		for _, p := range b.agents {
			if p.MemberOf(g.Code) && (g.Code != b.view.Group || p.ID != b.view.Assignee) {
				label := p.Name()
				if p.ID == b.visit.person.ID {
					label = words.T("web.field.assignee.me", label)
				}
				group.Options = append(group.Options, option{Value: g.Code + "/" + p.ID.String(), Label: label})
			}
		}
		if len(group.Options) > 0 {
			f.Groups = append(f.Groups, group)
		}
	}
	return f
}

// qualifyFields ask for what the desk knows better than who asked: the theme and
// its subject in one list ("messagerie/quota"), the urgency, the type.
func (b *deskForms) qualifyFields(value func(name, initial string) string) []field {
	words, a, t := b.visit.words, b.visit.academy, b.view.Ticket
	current := t.Category
	if t.Subcategory != "" {
		current += "/" + t.Subcategory
	}
	var themes []optionGroup
	if t.Category == tickets.UnknownTheme {
		themes = append(themes, optionGroup{Options: []option{{Value: "", Label: words.Theme(a, "")}}})
	}
	themes = append(themes, themeOptions(b.visit, "web.field.category.any")...)
	var urgencies []option
	for u := tickets.Critical; u <= tickets.Low; u++ {
		urgencies = append(urgencies, option{Value: strconv.Itoa(int(u)), Label: words.Urgency(u)})
	}
	out := []field{
		{Name: "category", Kind: "select", Value: value("category", current), Groups: themes},
		{Name: "urgency", Kind: "select", Value: value("urgency", strconv.Itoa(int(t.Urgency))), Groups: []optionGroup{{Options: urgencies}}},
	}
	if len(a.RequestTypes) == 0 {
		return out
	}
	var types []option
	if t.RequestType == "" {
		types = append(types, option{Value: "", Label: words.T("web.field.type.none")})
	}
	for _, c := range a.RequestTypes {
		types = append(types, option{Value: c.Code, Label: c.Name.In(words.Lang)})
	}
	return append(out, field{
		Name: "request_type", Kind: "select", Value: value("request_type", t.RequestType), Groups: []optionGroup{{Options: types}},
		Label: words.T("web.ticket.type"),
	})
}

// deskInput reads what one of the desk's forms gives.
func deskInput(action tickets.Action, typed url.Values) (tickets.Input, error) {
	in := tickets.Input{Text: typed.Get("text")}
	switch action {
	case tickets.ActionResolve, tickets.ActionClose:
		in.Cause = typed.Get("cause")
	case tickets.ActionAssign:
		group, person, ok := strings.Cut(typed.Get("assignee"), "/")
		in.Group = group
		if ok {
			id, err := uuid.Parse(person)
			if err != nil || id == uuid.Nil {
				return in, invalid("assignee", "person.not_found")
			}
			in.Assignee = id
		}
	case tickets.ActionJoin:
		into, err := tickets.ParseRef(typed.Get("major"))
		if err != nil {
			return in, invalid("major", "web.major.choose")
		}
		in.Into = into
	case tickets.ActionRequalify:
		in.Category, in.Subcategory, _ = strings.Cut(typed.Get("category"), "/")
		in.RequestType = typed.Get("request_type")
		if u := typed.Get("urgency"); u != "" {
			n, err := strconv.Atoi(u)
			if err != nil {
				return in, invalid("urgency", "urgency.unknown")
			}
			in.Urgency = tickets.Urgency(n)
		}
	}
	return in, nil
}

// deskField gives a refusal the name that its field has on the page, where one
// list asks for two things, or another form for the same.
func deskField(err error) error {
	return renamed(renamed(renamed(err, "group", "assignee"), "subcategory", "category"), "into", "major")
}
