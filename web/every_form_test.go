package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cecoia.example/tickets"
)

// hostile is markup that would run if it were one, with characters that turn
// text round.
const hostile = `"'></textarea></title><script src=x></script><img src=x onerror=alert(1)><x-hostile onclick=x>` + "\u202e\u200f &amp; {{.}}"

// TestEveryFormStandsBadInput sends to every form of the gallery what nobody
// should: no form is named here, each is found on its page. What is refused says
// so with a link to the field, keeps what was typed and changes nothing; nothing
// is ever an error of ours, or markup.
func TestEveryFormStandsBadInput(t *testing.T) {
	t.Parallel()
	for _, room := range rooms {
		if room.name == "errors" {
			continue // its pages break the room
		}
		t.Run(room.name, func(t *testing.T) {
			t.Parallel()
			h := &hall{portal: newDesk(t), t: t, lang: tickets.French, visitors: map[string]*browser{}}
			forms := h.forms(room.hang(h))
			if len(forms) == 0 {
				t.Fatal("no form was found")
			}
			// What can be refused comes first; then what may be taken.
			for _, f := range forms {
				f.refuse()
			}
			for _, f := range forms {
				f.take()
			}
			if strings.Contains(h.log.String(), "level=ERROR") {
				t.Errorf("errors were logged:\n%.3000s", h.log)
			}
		})
	}
}

// postedForm is one form of one page, by one of its buttons.
type postedForm struct {
	hall   *hall
	by     *browser
	page   string // where it is
	action string
	do     string // the button, "name=value"
	upload bool
	inputs []formField
}

// formField is one field of a form.
type formField struct {
	name, kind, value string
	required          bool
	choices           bool // one of a list
}

// forms finds the forms that post on the pages of the exhibits, each once.
func (h *hall) forms(exhibits []exhibit) []*postedForm {
	h.t.Helper()
	known := map[string]bool{}
	var out []*postedForm
	for _, e := range exhibits {
		pg := h.visitor(e.as).get(e.path)
		if pg.doc == nil {
			continue
		}
		for _, n := range pg.all("form[method=post]") {
			for _, f := range h.read(pg, n) {
				f.by = h.visitor(e.as)
				key := e.as + shape(f)
				if !known[key] {
					known[key] = true
					out = append(out, f)
				}
			}
		}
	}
	return out
}

// shape tells forms apart by what they ask, not by the ticket they are about.
func shape(f *postedForm) string {
	path, _, _ := strings.Cut(f.action, "?")
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.ContainsAny(part, "0123456789") {
			parts[i] = "*"
		}
	}
	do, _, _ := strings.Cut(f.do, ":") // detach:<id>
	key := strings.Join(parts, "/") + " " + do
	for _, in := range f.inputs {
		key += " " + in.name
	}
	return key
}

// read returns the form once for each of its buttons.
func (h *hall) read(pg *page, n *html.Node) []*postedForm {
	f := postedForm{hall: h, page: pg.path}
	f.action, _ = attr(n, "action")
	encoding, _ := attr(n, "enctype")
	f.upload = encoding == "multipart/form-data"
	var buttons []string
	for d := range n.Descendants() {
		name, _ := attr(d, "name")
		if d.Type != html.ElementNode || name == "" && d.Data != "button" {
			continue
		}
		value, _ := attr(d, "value")
		kind, _ := attr(d, "type")
		_, required := attr(d, "required")
		_, checked := attr(d, "checked")
		in := formField{name: name, kind: kind, value: value, required: required}
		switch d.Data {
		case "button":
			buttons = append(buttons, name+"="+value)
			continue
		case "textarea":
			in.kind, in.value = "textarea", strings.TrimPrefix(rawText(d), "\n")
		case "select":
			in.kind, in.value, in.choices = "select", chosen(d), true
		case "input":
			in.choices = kind == "radio"
			if (kind == "radio" || kind == "checkbox") && !checked {
				in.value = ""
			}
		default:
			continue
		}
		if i := slices.IndexFunc(f.inputs, func(other formField) bool { return other.name == name }); i >= 0 {
			if in.value != "" {
				f.inputs[i].value = in.value
			}
			continue
		}
		if kind != "file" {
			f.inputs = append(f.inputs, in)
		}
	}
	var out []*postedForm
	for _, b := range buttons {
		one := f
		one.do, one.inputs = b, slices.Clone(f.inputs)
		out = append(out, &one)
	}
	return out
}

// filled is the form as somebody would send it who fills in what is asked.
func (f *postedForm) filled() url.Values {
	v := url.Values{}
	for _, in := range f.inputs {
		switch {
		case in.value == "" && (in.kind == "textarea" || in.kind == "text"):
			if in.required {
				v.Set(in.name, "Des mots")
			} else {
				v.Set(in.name, "")
			}
		case in.value == "" && (in.kind == "checkbox" || in.kind == "radio"):
		default:
			v.Set(in.name, in.value)
		}
	}
	if name, value, _ := strings.Cut(f.do, "="); name != "" {
		v.Set(name, value)
	}
	return v
}

// refresh takes what the page put into its form anew.
func (f *postedForm) refresh() {
	pg := f.by.get(f.page)
	if pg.doc == nil {
		return
	}
	for _, n := range pg.all("form[method=post]") {
		for _, again := range f.hall.read(pg, n) {
			if shape(again) == shape(f) {
				f.inputs = again.inputs
				return
			}
		}
	}
}

func (f *postedForm) name() string { return fmt.Sprintf("%s by %s from %s", f.action, f.do, f.page) }

// send posts the form and asserts what holds whatever was sent.
func (f *postedForm) send(what string, v url.Values) *page {
	t := f.hall.t
	t.Helper()
	var pg *page
	if f.upload {
		pg = f.by.upload(f.action, v)
	} else {
		pg = f.by.post(f.action, v)
	}
	if pg.status >= 500 {
		t.Errorf("%s, %s: %d\n%.400s", f.name(), what, pg.status, pg.raw)
	}
	if pg.doc == nil {
		return pg
	}
	if len(pg.all("script")) > 1 || pg.has("x-hostile") || pg.has("img[src=x]") {
		t.Errorf("%s, %s: the words are markup", f.name(), what)
	}
	return pg
}

// refused sends what must not be taken; when it is refused nothing changed, and
// the page says what is wrong and keeps what was typed.
func (f *postedForm) refused(what, name string, v url.Values) {
	t := f.hall.t
	t.Helper()
	before := f.hall.count()
	pg := f.send(what, v)
	if pg.status < 400 {
		return // taken as it may be: another choice of who typed it
	}
	if after := f.hall.count(); after != before && !pg.has("#done") { // of several, those that it fits
		t.Errorf("%s, %s of %s: refused (%d), yet %s became %s", f.name(), what, name, pg.status, before, after)
	}
	if pg.status != http.StatusUnprocessableEntity || pg.doc == nil {
		return
	}
	if !pg.has("#errors") {
		if !pg.has("#request-id") {
			t.Errorf("%s, %s of %s: nothing says what is wrong", f.name(), what, name)
		}
		return
	}
	if slices.ContainsFunc(f.inputs, func(in formField) bool { return in.name == name && in.kind == "hidden" }) {
		return // nobody typed it
	}
	var shown []string
	kept := clean(v.Get(name))
	for _, n := range pg.all("[name=" + name + "]") {
		kind, _ := attr(n, "type")
		switch {
		case n.Data == "textarea":
			shown = append(shown, clean(rawText(n)))
		case slices.Contains([]string{"text", "tel", "search"}, kind):
			value, _ := attr(n, "value")
			shown = append(shown, clean(value))
		}
	}
	linked := false
	for a := range pg.one("#errors").Descendants() {
		href, _ := attr(a, "href")
		linked = linked || href != ""
	}
	if !linked {
		t.Errorf("%s, %s of %s: the summary leads to no field: %s", f.name(), what, name, pg.text("#errors"))
	}
	if len(shown) > 0 && !slices.Contains(shown, kept) {
		t.Errorf("%s, %s of %s: %.60q was typed, %.60q is shown", f.name(), what, name, kept, shown)
	}
}

// clean is a text as a page can show it.
func clean(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"))
}

// refuse sends, field by field, what no field may hold.
func (f *postedForm) refuse() {
	foreign := person("paris", "camille").ID.String()
	f.refresh()
	for _, in := range f.inputs {
		if in.kind == "hidden" || in.kind == "password" || in.kind == "checkbox" {
			continue
		}
		with := func(value string) url.Values {
			v := f.filled()
			v.Set(in.name, value)
			return v
		}
		if in.required {
			v := f.filled()
			v.Del(in.name)
			f.refused("without", in.name, v)
			f.refused("an empty value", in.name, with(" \n"))
		}
		f.refused("10⁶ characters", in.name, with(strings.Repeat("é", 1_000_000)))
		f.refused("too long a value", in.name, with(strings.Repeat("é ", 20_000)))
		f.refused("NUL", in.name, with("a\x00b"))
		f.refused("no UTF-8", in.name, with("caf\xe9"))
		if in.choices {
			f.refused("no choice of its", in.name, with(hostile))
			f.refused("an id of another academy", in.name, with("assistance/"+foreign))
		}
	}
}

// take sends what a form may take: without what the page put there, with ids of
// others, with markup for words, and twice.
func (f *postedForm) take() {
	t := f.hall.t
	if f.action == "/deconnexion" {
		return
	}
	foreign := person("paris", "camille").ID.String()
	f.refresh()
	for _, in := range f.inputs {
		v := f.filled()
		if in.kind == "hidden" {
			for _, value := range []string{hostile, foreign, strings.Repeat("z", 50_000), "\x00", "-1"} {
				v.Set(in.name, value)
				f.refused("a wrong hidden field", in.name, v)
			}
		}
		v.Del(in.name)
		f.refused("without", in.name, v)
	}
	f.refresh()
	v := f.filled()
	for _, in := range f.inputs {
		if in.kind == "textarea" || in.kind == "text" {
			v.Set(in.name, hostile)
		}
	}
	f.send("markup", v)
	before := f.hall.count()
	f.send("the same again", v)
	if after := f.hall.count(); v.Has("command") && after != before {
		t.Errorf("%s: sent again, %s became %s", f.name(), before, after)
	}
}

// count is how much there is in the register.
func (h *hall) count() string {
	h.t.Helper()
	var tickets, events, articles, people int
	err := h.db.Pool().QueryRow(context.WithoutCancel(h.t.Context()), `SELECT (SELECT count(*) FROM tickets), (SELECT count(*) FROM events),
		(SELECT count(*) FROM article_revisions), (SELECT count(*) FROM people)`).Scan(&tickets, &events, &articles, &people)
	if err != nil {
		h.t.Fatal(err)
	}
	return fmt.Sprintf("%d tickets, %d events, %d revisions, %d people", tickets, events, articles, people)
}
