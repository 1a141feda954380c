package web

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"cecoia.example/tickets"
)

// A site may mount a folder over the portal's own look:
//
//	partials/field.html    instead of ours of the same name, as in templates/partials
//	site.css               after our style sheet, on every page
//	creteil/site.css       after that, for one academy
//
// All of it is read and checked once, at the start.

// overrides is what such a folder holds.
type overrides struct {
	partials  map[string]string // file name → template
	sheet     []byte
	academies map[string][]byte // academy → its sheet
}

// maxOverride bounds each file, in bytes.
const maxOverride = 64 << 10

// loadOverrides reads the folder; a nil one holds nothing. The error names the
// file, and of a template the line.
func loadOverrides(folder fs.FS) (overrides, error) {
	o := overrides{partials: map[string]string{}, academies: map[string][]byte{}}
	if folder == nil {
		return o, nil
	}
	if _, err := fs.Stat(folder, "."); err != nil {
		return o, err
	}
	ours, err := fs.Glob(templateFiles, "templates/partials/*.html")
	if err != nil {
		return o, err
	}
	for i := range ours {
		ours[i] = path.Base(ours[i])
	}
	partials, err := fs.Glob(folder, "partials/*")
	if err != nil {
		return o, err
	}
	for _, name := range partials {
		if !slices.Contains(ours, path.Base(name)) {
			return o, fmt.Errorf("%s: there is no such partial; there are %s", name, strings.Join(ours, ", "))
		}
		b, err := readOverride(folder, name)
		if err != nil {
			return o, err
		}
		o.partials[path.Base(name)] = string(b)
	}
	if o.sheet, err = readOverride(folder, "site.css"); err != nil {
		return o, err
	}
	sheets, err := fs.Glob(folder, "*/site.css")
	if err != nil {
		return o, err
	}
	for _, name := range sheets {
		if o.academies[path.Dir(name)], err = readOverride(folder, name); err != nil {
			return o, err
		}
	}
	return o, nil
}

// readOverride reads a small text file; one that is not there is empty.
func readOverride(folder fs.FS, name string) ([]byte, error) {
	f, err := folder.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	b, err := io.ReadAll(io.LimitReader(f, maxOverride+1))
	switch {
	case err != nil:
		return nil, err
	case len(b) > maxOverride:
		return nil, fmt.Errorf("%s: over %d bytes", name, maxOverride)
	case !utf8.Valid(b):
		return nil, fmt.Errorf("%s: not UTF-8", name)
	}
	return b, nil
}

// apply parses the partials over ours.
func (o overrides) apply(base *template.Template) error {
	for name, text := range o.partials {
		alone, err := template.New(name).Parse(text)
		if err != nil {
			return fmt.Errorf("partials/%s: %w", name, err)
		}
		if plain := strings.TrimSuffix(name, ".html"); alone.Lookup(plain) == nil {
			return fmt.Errorf("partials/%s: it defines no %q", name, plain)
		}
		if _, err := base.New(name).Parse(text); err != nil {
			return fmt.Errorf("partials/%s: %w", name, err)
		}
	}
	return nil
}

// samples are what the partials are given, by the name of the template, so that
// a site's own are tried before anybody sees them. One without a sample is tried
// without data.
var samples = map[string][]any{
	"alertcard":   {alertCard{Next: "x", Worst: []worstTicket{{}}}, alertCard{Over: true}},
	"answers":     {[]answer{{Label: "x", Value: "x"}, {Label: "x", None: "x"}}},
	"article":     {articleText{Summary: "x", Desk: "x"}},
	"articles":    {articleList{Rows: []articleRow{{Summary: "x", Lang: "fr", Desk: "x"}}}},
	"begun":       {begun{}},
	"chart":       {chart{Legend: "x", Strips: []strip{{Ticks: []tick{{}, {}, {}}}}}},
	"described":   {sampleField("text")},
	"documents":   {documentList{Removable: true, Rows: []documentRow{{}}}},
	"errors":      {page{Problems: []problem{{Text: "x"}, {Text: "x", Href: "#x"}}}},
	"favourite":   {favouriteRow{}, favouriteRow{Ticket: &ticketRow{}}},
	"favourites":  {favouriteList{}, favouriteList{Rows: []favouriteRow{{}, {Ticket: &ticketRow{}}}, More: true}},
	"field":       {sampleField("text"), sampleField("textarea"), sampleField("radio"), sampleField("checkbox"), sampleField("select"), sampleField("file")},
	"filterfield": {sampleField("search"), sampleField("select")},
	"formhead":    {page{Body: stepBody{formHead: formHead{Progress: []progressStep{{Href: "x", Done: true}, {Current: true}}}}}},
	"optional":    {sampleField("text")},
	"pagination":  {pagination{First: "x", Previous: "x", Next: "x", Last: "x"}},
	"pieces":      {[]tickets.Piece{{Text: "x"}, {Text: "x", Mark: true}}},
	"said":        {call{}},
	"sections":    {page{Body: sendingBody{Tabs: []choice{{}, {Current: true}}}}},
	"star":        {star{}, star{On: true, Ticket: "x"}},
	"status":      {ticketRow{}},
	"tallies":     {[]standingCount{{Hint: "x", Wrong: true}}},
	"tickets": {ticketTable{
		Desk: true, Pick: true, Columns: []tableColumn{{Titles: []columnTitle{{}, {link{Href: "x"}, true}}, Sorted: "ascending"}},
		Rows: []ticketRow{{}, {News: "x", Due: stamp{ISO: "x"}, Late: "x", Private: "x", Entity: "x", For: "x", Assignee: "x"}},
	}},
	"time":   {stamp{}},
	"upload": {page{Body: stepBody{Documents: &documentList{}}}},
}

func sampleField(kind string) field {
	one := []option{{ID: "x", Hint: "x", Lang: "fr", Checked: true}}
	return field{
		Name: "x", ID: "x", Kind: kind, Error: "x", Hint: "x", Limit: 1, LimitText: "x", Optional: "x", AccessKey: "x",
		Options: one, Groups: []optionGroup{{Label: "x", Options: one}},
	}
}

// try runs the site's partials on samples: a misspelt field is an error here
// rather than on a page.
func (o overrides) try(base *template.Template) error {
	for name, text := range o.partials {
		alone, err := template.New(name).Parse(text)
		if err != nil {
			return fmt.Errorf("partials/%s: %w", name, err)
		}
		for _, defined := range alone.Templates() {
			if defined.Name() == name { // the file around them
				continue
			}
			if err := tryOne(base, defined.Name()); err != nil {
				return fmt.Errorf("partials/%s: %w", name, err)
			}
		}
	}
	return nil
}

func tryOne(base *template.Template, name string) error {
	among, known := samples[name]
	if !known {
		among = []any{nil}
	}
	t, err := base.Clone()
	if err != nil {
		return err
	}
	for _, sample := range among {
		err := t.ExecuteTemplate(io.Discard, name, sample)
		var unsafe *template.Error
		if err != nil && (known || errors.As(err, &unsafe)) {
			return err
		}
	}
	return nil
}
