package mattermost

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/tickets"
)

// forms is every dialog. It is also which commands may be typed without words,
// and which buttons ask for some.
func forms() []form {
	return []form{
		demanderForm, resoudreForm, affecterForm, requalifierForm,
		newForm("nouveau", tickets.Incident, "dialog.nouveau.description.help"), newForm(serviceForm, tickets.Service, "dialog.nouveau.service.help"),
	}
}

// form is one dialog: what it asks, and what becomes of the answers. Five fields
// at most, all static: that works on every server.
type form struct {
	// name is the verb that it completes, folded; also names other verbs. The
	// keys of its words in tickets/locale derive from it.
	name string
	also []string
	// action is what it does to a ticket; "" when it is about none yet.
	action tickets.Action
	// asks names its fields, as the domain does; holds says which of them stands
	// for a field of the domain that it has not.
	asks  []string
	holds map[string]string
	// fields returns those of asks that this ticket and person need.
	fields func(ctx context.Context, c *call, about tickets.Case) ([]model.DialogElement, error)
	// submit applies the answers, once per call.by, and returns what to say. It
	// is the domain that refuses: nothing of the values is to be believed.
	submit func(ctx context.Context, c *call, about tickets.Case, in values) (string, error)
}

func (f form) has(field string) bool { return slices.Contains(f.asks, field) }

// formNamed returns the form that completes the verb of that name, folded.
func formNamed(name string) (form, bool) {
	for _, f := range forms() {
		if f.name == name || slices.Contains(f.also, name) {
			return f, true
		}
	}
	return form{}, false
}

// formFor returns the form that completes what was typed, if any, and what
// follows the verb.
func (s *Commands) formFor(text string) (f form, rest string, ok bool) {
	word, rest, _ := cutVerb(text)
	if word == "" {
		return form{}, "", false
	}
	name := fold(word)
	if v, found := s.find(word); found {
		name = fold(v.name)
	}
	if kind, only := kindNamed(rest); only && name == nouveau.name {
		rest = ""
		if kind == tickets.Service {
			name = serviceForm
		}
	}
	f, ok = formNamed(name)
	return f, rest, ok
}

// values are what the fields hold, by name.
type values map[string]string

// maxDialogText is what a field of several lines holds, in characters.
const maxDialogText = 3000

// dialogValues reads a submission; false when it is none of a dialog of ours,
// whose fields hold text or say yes or no.
func dialogValues(submission map[string]any) (values, bool) {
	out := values{}
	for name, v := range submission {
		switch v := v.(type) {
		case nil:
		case string:
			out[name] = v
		case bool:
			out[name] = strconv.FormatBool(v)
		default:
			return nil, false
		}
	}
	return out, true
}

// list writes the values one by one, always in the same order.
func (v values) list() []string {
	out := make([]string, 0, len(v))
	for _, name := range slices.Sorted(maps.Keys(v)) {
		out = append(out, name+"="+v[name])
	}
	return out
}

// yes says whether the box was ticked.
func (v values) yes(name string) bool { return v[name] == "true" }

// area asks for text of several lines.
func (c *call) area(key, name string) model.DialogElement {
	return model.DialogElement{
		DisplayName: c.print.T(key + ".label"), Name: name, Type: "textarea", HelpText: c.print.T(key + ".help"), MaxLength: maxDialogText,
	}
}

// choice asks for one of the options; chosen is the value that it begins with.
func (c *call) choice(key, name, chosen string, options []*model.PostActionOptions) model.DialogElement {
	return model.DialogElement{
		DisplayName: c.print.T(key + ".label"), Name: name, Type: "select", Default: chosen, Options: options, Placeholder: c.print.T("dialog.choose"),
	}
}

// box asks for yes or no.
func (c *call) box(key, name string) model.DialogElement {
	return model.DialogElement{
		DisplayName: c.print.T(key + ".label"), Name: name, Type: "bool", Placeholder: c.print.T(key + ".yes"), Default: "false", Optional: true,
	}
}

// option is one of a choice; what is longer than a list shows is cut.
func option(text, value string) *model.PostActionOptions {
	return &model.PostActionOptions{Text: shorten(text, 100), Value: value}
}

// choices writes a list of the academy's as options.
func (c *call) choices(list []tickets.Choice) []*model.PostActionOptions {
	out := make([]*model.PostActionOptions, len(list))
	for i, entry := range list {
		out[i] = option(entry.Name.In(c.print.Lang), entry.Code)
	}
	return out
}

// topics writes the themes with their subjects as options of one list: a dialog
// cannot show one list after the answer to another. None of them is no theme.
func (c *call) topics() []*model.PostActionOptions {
	var out []*model.PostActionOptions
	for _, t := range c.academy.Themes {
		name := t.Name.In(c.print.Lang)
		out = append(out, option(name, t.Code))
		for _, s := range t.Subjects {
			out = append(out, option(name+" › "+s.Name.In(c.print.Lang), topic(t.Code, s.Code)))
		}
	}
	return out
}

// topic is the value of a theme with a subject in that list.
func topic(theme, subject string) string {
	if subject == "" {
		return theme
	}
	return theme + "/" + subject
}

// urgencies are the urgencies as options.
func (c *call) urgencies() []*model.PostActionOptions {
	var out []*model.PostActionOptions
	for u := tickets.Critical; u <= tickets.Low; u++ {
		out = append(out, option(c.print.Urgency(u), fmt.Sprint(int(u))))
	}
	return out
}

// urgency reads such an option; 0 for none and for what is no urgency.
func urgency(value string) tickets.Urgency {
	n, err := strconv.Atoi(value)
	if err != nil && value != "" {
		return -1 // the domain refuses it
	}
	return tickets.Urgency(n)
}

// done returns the result of an action whose form may be sent twice, or the
// refusal that says that nothing was done now.
func (c *call) done(res tickets.Result, err error) (tickets.Result, error) {
	if err == nil && res.Event == nil {
		return res, refusal(c.already(res))
	}
	return res, err
}
