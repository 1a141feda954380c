package web_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cecoia.example/tickets"
	"cecoia.example/web"
)

// transfer asks for an address as a browser does that has nothing yet, and
// returns the answer with how many bytes its head and body took.
func (b *browser) transfer(path string, headers http.Header) (res *http.Response, body []byte, size int) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.portal.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for name, values := range headers {
		req.Header[name] = values
	}
	req.Header.Set("Accept-Encoding", "gzip, deflate, br") // set by hand: the client then leaves the body as it came
	res, err = b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	sent, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	var head bytes.Buffer
	if err := res.Header.Write(&head); err != nil {
		b.t.Fatal(err)
	}
	body = sent
	if res.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(sent))
		if err != nil {
			b.t.Fatal(err)
		}
		if body, err = io.ReadAll(z); err != nil {
			b.t.Fatal(err)
		}
	}
	return res, body, len(sent) + head.Len()
}

// TestAPageTakesThreeRequests opens each page cold and follows what it names:
// itself, one style sheet, one script, under 60 kB in all.
func TestAPageTakesThreeRequests(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	for range 25 {
		p.open(t, who, tickets.Incident, tickets.Card{Description: strings.Repeat("L’imprimante ne répond plus. ", 20)})
	}
	b := p.as(t, who)
	c := p.open(t, who, tickets.Service, tickets.Card{Description: "Un accès"})
	pages := []string{tickets.TicketPath(c.Academy, c.Number), tickets.TicketPath(c.Academy, c.Number) + "/mise-a-jour", "/nulle-part"}
	for _, rt := range web.RoutesForTest() {
		if rt.Method == http.MethodGet && !rt.Assets && !strings.Contains(rt.Pattern, "{id}") && !strings.Contains(rt.Pattern, "{n") {
			pages = append(pages, strings.ReplaceAll(rt.Pattern, "{$}", ""))
		}
	}
	for _, path := range pages {
		for _, visitor := range []*browser{b, p.browser(t)} {
			res, body, total := visitor.transfer(path, nil)
			if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
				continue // a file to keep
			}
			doc, err := html.Parse(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			var named []string
			for n := range doc.Descendants() {
				for _, name := range []string{"src", "href", "srcset", "poster", "data"} {
					address, there := attr(n, name)
					if there && n.Data != "a" && !strings.HasPrefix(address, "data:") {
						named = append(named, address)
					}
				}
			}
			if len(named) != 2 {
				t.Errorf("%s asks for %q beside itself, want a sheet and a script", path, named)
			}
			for _, address := range named {
				res, body, size := visitor.transfer(address, nil)
				total += size
				if res.StatusCode != http.StatusOK || res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Set-Cookie") != "" ||
					!strings.Contains(res.Header.Get("Cache-Control"), "immutable") || bytes.Contains(body, []byte("url(http")) {
					t.Errorf("%s: %d, %v", address, res.StatusCode, res.Header)
				}
			}
			if total >= 60_000 {
				t.Errorf("%s takes %d bytes", path, total)
			}
			t.Logf("%6d bytes %s", total, path)
		}
	}
}

func TestWhatHasNotChangedIsNotSentAgain(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	sheet, _ := attr(b.get("/").one("link[rel=stylesheet]"), "href")
	if !strings.HasPrefix(sheet, "/apparence/creteil/") {
		t.Fatalf("the sheet is %s", sheet)
	}
	res, body, _ := b.transfer(sheet, nil)
	if tag := res.Header.Get("ETag"); tag == "" || !bytes.Contains(body, []byte("--accent:")) {
		t.Fatalf("ETag %q, %d bytes", tag, len(body))
	}
	if res.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("Vary %q", res.Header.Get("Vary"))
	}
	res, body, _ = b.transfer(sheet, http.Header{"If-None-Match": {res.Header.Get("ETag")}})
	if res.StatusCode != http.StatusNotModified || len(body) > 0 {
		t.Errorf("asked again: %d, %d bytes", res.StatusCode, len(body))
	}
	// Who does not take gzip gets it plain, under another tag.
	plain := p.browser(t)
	plain.headers = http.Header{"Accept-Encoding": {"gzip;q=0, identity"}}
	if pg := plain.get(sheet); pg.header.Get("Content-Encoding") != "" || !strings.Contains(string(pg.raw), "--accent:") || pg.header.Get("ETag") == res.Header.Get("ETag") {
		t.Errorf("without gzip: %v", pg.header)
	}
	// An address of another version shows the sheet there is, and is not kept.
	res, body, _ = b.transfer("/apparence/creteil/0123456789ab.css", nil)
	if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-cache" || len(body) == 0 {
		t.Errorf("another version: %d, %q", res.StatusCode, res.Header.Get("Cache-Control"))
	}
}

// TestPagesThatRepeatTheirAddressAreNotCompressed holds the guard against BREACH.
func TestPagesThatRepeatTheirAddressAreNotCompressed(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	for path, want := range map[string]string{"/": "gzip", "/incidents": "gzip", "/incidents?etat=tous": "", "/nulle-part": ""} {
		if res, _, _ := b.transfer(path, nil); res.Header.Get("Content-Encoding") != want {
			t.Errorf("%s: Content-Encoding %q, want %q", path, res.Header.Get("Content-Encoding"), want)
		}
	}
}

func TestTheSheetFollowsTheDeskFile(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	address := func() string { v, _ := attr(b.get("/").one("link[rel=stylesheet]"), "href"); return v }
	before := address()
	a := academy("creteil", "Créteil", "#8a3ffc")
	logo, err := tickets.ParseLogo([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	a.Logo = logo
	if _, err := p.db.Apply(t.Context(), []tickets.Academy{a}, noon); err != nil {
		t.Fatal(err)
	}
	after := address()
	if after == before {
		t.Error("the address stayed")
	}
	if sheet := string(b.get(after).raw); !strings.Contains(sheet, `url("data:image/svg+xml;base64,PHN2Zy`) {
		t.Error("no logo in the sheet")
	}
}

func TestTheSheetAndTheScriptStaySmall(t *testing.T) {
	for name, most := range map[string]func([]byte) bool{
		"static/cecoia.css": func(b []byte) bool { return len(b) < 25<<10 },
		"static/cecoia.js":  func(b []byte) bool { return bytes.Count(b, []byte("\n")) < 300 },
	} {
		b, err := os.ReadFile(name)
		if err != nil || !most(b) {
			t.Errorf("%s: %d bytes, %d lines, %v", name, len(b), bytes.Count(b, []byte("\n")), err)
		}
	}
}
