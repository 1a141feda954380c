package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
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

// samples are what the partials are given, so that a site's own is tried before
// anybody sees it. A partial without a sample is tried without data.
var samples = map[string]any{
	"answers":    []answer{{Label: "x", Value: "x"}, {Label: "x", None: "x"}},
	"documents":  documentList{Removable: true, Rows: []documentRow{{}}},
	"errors":     page{Problems: []problem{{Text: "x"}, {Text: "x", Href: "#x"}}},
	"field":      field{Name: "x", ID: "x", Kind: "text", Error: "x", Hint: "x", Limit: 1, LimitText: "x", Optional: "x"},
	"formhead":   page{Body: stepBody{formHead: formHead{Progress: []progressStep{{Href: "x", Done: true}, {Current: true}}}}},
	"mark":       nil,
	"pagination": pagination{Previous: "x", Next: "x"},
	"said":       call{},
	"status":     ticketRow{},
	"tickets":    ticketTable{Desk: true, Rows: []ticketRow{{}}},
	"time":       stamp{},
}

// try runs the site's partials on samples: a misspelt field is an error here
// rather than on a page.
func (o overrides) try(base *template.Template) error {
	for name := range o.partials {
		plain := strings.TrimSuffix(name, ".html")
		sample, known := samples[plain]
		t, err := base.Clone()
		if err != nil {
			return err
		}
		var out bytes.Buffer
		err = t.ExecuteTemplate(&out, plain, sample)
		var unsafe *template.Error
		if err != nil && (known || errors.As(err, &unsafe)) {
			return fmt.Errorf("partials/%s: %w", name, err)
		}
	}
	return nil
}
