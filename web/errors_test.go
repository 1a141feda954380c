package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cecoia.example/tickets"
	"cecoia.example/web"
)

// TestErrorPagesSayWhatToDo: each error has a heading of its own, in both
// languages, the reference that the log has, and somewhere to go.
func TestErrorPagesSayWhatToDo(t *testing.T) {
	var failing error
	p := newPortalWith(t, func(o *web.Options) {
		o.Unavailable = func(error) bool { return failing != nil }
	})
	who := person("creteil", "dominique")
	b := p.as(t, who)
	c := p.open(t, who, tickets.Incident, tickets.Card{Description: "Panne"})
	path := tickets.TicketPath(c.Academy, c.Number)
	headings := map[string]bool{}
	for _, lang := range []string{"fr", "en"} {
		b.post("/preferences", form("lang", lang, "return", "/"))
		for _, e := range []struct {
			status int
			remedy string // an address the page leads to
			send   func() *page
		}{
			{400, path + "/mise-a-jour", func() *page {
				return b.send(http.MethodPost, path+"/mise-a-jour", "multipart/form-data; boundary=x", strings.NewReader("--x\r\ncut"))
			}},
			{404, "/incidents", func() *page { return b.get("/nulle-part") }},
			{405, "/", func() *page { return b.get("/deconnexion") }},
			{410, "/incidents/nouveau", func() *page { return b.get("/formulaires/0198a1b2-0000-7000-8000-000000000000") }},
			{413, path + "/cloture", func() *page {
				return b.send(http.MethodPost, path+"/cloture", "application/x-www-form-urlencoded", strings.NewReader("text="+strings.Repeat("x", 8<<20)))
			}},
		} {
			pg := e.send().want(e.status, "")
			heading := pg.text("h1")
			if headings[heading] {
				t.Errorf("%d: the heading %q is another's", e.status, heading)
			}
			headings[heading] = true
			if id := pg.text("#request-id"); !strings.HasPrefix(pg.header.Get("X-Request-Id"), id) || len(id) != 12 {
				t.Errorf("%d: reference %q", e.status, id)
			}
			if !pg.has("main a[href="+e.remedy+"]") && !pg.has("a[href="+e.remedy+"]") {
				t.Errorf("%d leads not to %s", e.status, e.remedy)
			}
			if !pg.has("#sign-out") {
				t.Errorf("%d: no way to sign out", e.status)
			}
		}
	}
	failing = fmt.Errorf("away")
	p.db.Close()
	pg := b.get("/incidents").want(http.StatusServiceUnavailable, "/incidents")
	if pg.header.Get("Retry-After") == "" || !pg.has("a[href=/incidents]") {
		t.Error("503: nothing says to try again")
	}
	failing = nil
	if pg := b.get("/incidents").want(http.StatusInternalServerError, "/incidents"); strings.Contains(string(pg.raw), "pool") || !strings.Contains(p.log.String(), pg.text("#request-id")) {
		t.Error("500: it tells what is ours alone, or the log lacks its reference")
	}
}
