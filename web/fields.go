package web

import (
	"errors"
	"net/url"
	"strings"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// field is one field of a form, ready for the partial "field".
type field struct {
	Name         string
	ID           string // the name when ""
	Kind         string // text (when ""), tel, password, textarea, radio, checkbox, file, select
	Label        string // the words of web.field.<name> when ""
	Hint         string
	Value        string
	Checked      bool
	Options      []option
	Groups       []optionGroup // of a select, which shows Value
	Autocomplete string        // a token of HTML's autofill
	Optional     string        // the words for "optional", "" when it is required
	Rows         int           // of a textarea
	Limit        int           // characters of a textarea, for its counter
	LimitText    string        // the words of that limit
	AccessKey    string        // a key of the shortcuts, "" when they are off
	Kept         bool          // holds what the visitor typed before their session ended
	Error        string
	ErrorPrefix  string // "Erreur :", for who cannot see its colour
}

// option is one choice among radio buttons.
type option struct {
	ID, Value, Label, Hint string
	Lang                   string // of the label, "" for that of the page
	Checked                bool
}

// checked returns the options with the one of that value chosen.
func checked(options []option, value string) []option {
	for i := range options {
		options[i].Checked = options[i].Value == value
	}
	return options
}

// themeOptions are the academy's themes with their subjects, as one list of
// "theme" and "theme/subject". A theme without a precise subject is named by the
// key whole, with its name.
func themeOptions(v *visit, whole string) []optionGroup {
	var groups []optionGroup
	for _, theme := range v.academy.Themes {
		name := theme.Name.In(v.words.Lang)
		if len(theme.Subjects) == 0 {
			groups = append(groups, optionGroup{Options: []option{{Value: theme.Code, Label: name}}})
			continue
		}
		g := optionGroup{Label: name, Options: []option{{Value: theme.Code, Label: v.words.T(whole, name)}}}
		for _, subject := range theme.Subjects {
			g.Options = append(g.Options, option{Value: theme.Code + "/" + subject.Code, Label: v.words.Category(v.academy, theme.Code, subject.Code)})
		}
		groups = append(groups, g)
	}
	return groups
}

// optionGroup is a part of the choices of a select; those of no group have no
// label.
type optionGroup struct {
	Label   string
	Options []option
}

// DescribedBy names the elements that describe the field, for aria-describedby.
func (f field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.LimitText != "" {
		ids = append(ids, f.ID+"-limit")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// Describe says whether the field has anything that describes it.
func (f field) Describe() bool { return f.DescribedBy() != "" }

// form prepares the fields of a page together with what was refused of them.
type form struct {
	words    locale.Printer
	visit    *visit
	refused  []locale.FieldError
	anchorOf map[string]string // field → id of its element on the page
	kept     url.Values        // what the visitor typed before their session ended, nil for nothing
}

// form returns a form whose fields show the refusals in err; nil for none. A
// page shown for the first time shows the words that were kept for the visitor
// (see kept.go) instead of what each field begins with.
func (v *visit) form(err error) *form {
	f := &form{words: v.words, visit: v, anchorOf: map[string]string{}}
	if err != nil {
		f.refused = v.words.FieldErrors(err)
	} else {
		f.kept = v.kept
	}
	return f
}

// field completes a field with its words, its id and its refusal.
func (f *form) field(x field) field {
	if x.ID == "" {
		x.ID = x.Name
	}
	if x.Label == "" {
		x.Label = f.words.T("web.field." + x.Name)
	}
	if x.Kind == "" {
		x.Kind = "text"
	}
	if x.Kind == "file" && f.visit.shortcuts {
		x.AccessKey = "u"
		x.Label += keyLabel(x.AccessKey)
	}
	if x.Limit > 0 {
		x.LimitText = f.words.T("web.field.limit", x.Limit)
	}
	f.restore(&x)
	// What was typed is shown again as it is, but a page must be UTF-8.
	x.Value = strings.ToValidUTF8(x.Value, "\uFFFD")
	for i := range x.Options {
		if x.Options[i].ID == "" {
			x.Options[i].ID = x.ID + "-" + x.Options[i].Value
		}
	}
	anchor := x.ID
	if x.Kind == "radio" && len(x.Options) > 0 {
		anchor = x.Options[0].ID
	}
	f.anchorOf[x.Name] = anchor
	var errs []string
	for _, e := range f.refused {
		if e.Field == x.Name {
			errs = append(errs, e.Text)
		}
	}
	x.Error, x.ErrorPrefix = strings.Join(errs, " "), f.words.T("web.error.prefix")
	return x
}

// optional marks a field that may stay empty.
func (f *form) optional(x field) field {
	x.Optional = f.words.T("web.field.optional")
	return f.field(x)
}

// problems is the summary of the refusals, once every field is prepared.
// elsewhere gives the address of a field that is not on this page; nil when
// there is no such place.
func (f *form) problems(elsewhere func(name string) string) []problem {
	var out []problem
	for _, e := range f.refused {
		p := problem{Text: e.Text}
		if anchor, ok := f.anchorOf[e.Field]; ok {
			p.Href = "#" + anchor
		} else if elsewhere != nil {
			p.Href = elsewhere(e.Field)
		}
		out = append(out, p)
	}
	return out
}

// invalid makes a refusal of the portal's own.
func invalid(name, message string, args ...any) *tickets.Error {
	return &tickets.Error{Code: tickets.Invalid, Field: name, Message: message, Args: args}
}

// roomier says of texts that are too long, on a page where documents may be
// attached, that the rest may come as one.
func roomier(err error) error {
	var all tickets.Errors
	many, _ := errors.AsType[tickets.Errors](refusals(err))
	for _, e := range many {
		e := *e
		if e.Message == "text.too_long" {
			e.Message = "web.too_long"
		}
		all = append(all, &e)
	}
	if len(all) == 0 {
		return err
	}
	return all
}

// refusal returns err when it is about what was typed, so that the page is
// shown again with it, and nil for any other.
func refusal(err error) error {
	if tickets.CodeOf(err) == tickets.Invalid {
		return err
	}
	return nil
}

// refusals flattens refusals into one error, nil when there is none.
func refusals(errs ...error) error {
	var all tickets.Errors
	for _, err := range errs {
		var many tickets.Errors
		var one *tickets.Error
		switch {
		case errors.As(err, &many):
			all = append(all, many...)
		case errors.As(err, &one):
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}
