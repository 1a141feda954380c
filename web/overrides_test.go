package web_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"cecoia.example/web"
)

func TestASiteLaysItsOwnLookOverOurs(t *testing.T) {
	p := newPortalWith(t, func(o *web.Options) {
		o.Overrides = fstest.MapFS{
			"partials/mark.html": {Data: []byte(`{{define "mark"}}<b id="site-mark">Notre marque</b>{{end}}`)},
			"site.css":           {Data: []byte(`.top{border-top-color:gold}`)},
			"creteil/site.css":   {Data: []byte(`.top{border-top-color:teal}`)},
			"LISEZMOI.txt":       {Data: []byte("notes")},
		}
	})
	sheetOf := func(b *browser) string {
		pg := b.get("/aide").want(http.StatusOK, "")
		if !pg.has("#site-mark") {
			t.Error("the partial is ours")
		}
		address, _ := attr(pg.one("link[rel=stylesheet]"), "href")
		return string(b.get(address).raw)
	}
	for _, c := range []struct {
		b          *browser
		gold, teal bool
	}{
		{p.browser(t), true, false}, {p.as(t, person("paris", "dominique")), true, false}, {p.as(t, person("creteil", "dominique")), true, true},
	} {
		sheet := sheetOf(c.b)
		if strings.Contains(sheet, "gold") != c.gold || strings.Contains(sheet, "teal") != c.teal || !strings.Contains(sheet, "--accent") {
			t.Errorf("sheet ends with %s", sheet[len(sheet)-200:])
		}
		if c.teal && strings.Index(sheet, "teal") < strings.Index(sheet, "gold") {
			t.Error("the academy's own comes first")
		}
	}
}

func TestABrokenOverrideIsRefusedWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		file, content, want string
	}{
		"syntax":           {"partials/field.html", "{{define \"field\"}}\n{{if}}\n{{end}}", "field.html:2"},
		"unknown function": {"partials/time.html", `{{define "time"}}{{shout .}}{{end}}`, `time.html:1: function "shout"`},
		"misspelt field":   {"partials/time.html", "{{define \"time\"}}\n<time>{{.Txt}}</time>{{end}}", "time.html:2"},
		"no definition":    {"partials/time.html", `<time>{{.Text}}</time>`, `partials/time.html: it defines no "time"`},
		"unsafe place":     {"partials/mark.html", "{{define \"mark\"}}<a href={{.}} {{.}}='{{end}}", "partials/mark.html"},
		"unknown partial":  {"partials/fields.html", "x", "partials/fields.html: there is no such partial; there are alertcard.html"},
		"not UTF-8":        {"site.css", "\xff", "site.css: not UTF-8"},
		"too large":        {"creteil/site.css", strings.Repeat("x", 65<<10), "creteil/site.css: over"},
	} {
		err := web.TryOverridesForTest(fstest.MapFS{c.file: {Data: []byte(c.content)}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestEachPartialCanBeTried: what the samples do not fit would refuse a copy of
// our own.
func TestEachPartialCanBeTried(t *testing.T) {
	own, err := web.PartialsForTest()
	if err != nil || len(own) < 10 {
		t.Fatalf("%d partials, %v", len(own), err)
	}
	for name, content := range own {
		if err := web.TryOverridesForTest(fstest.MapFS{"partials/" + name: {Data: content}}); err != nil {
			t.Error(err)
		}
	}
}
