package web_test

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// The author of a refused reply may read it again as they sent it; nobody else
// may, and not for longer than the draft is kept.
func TestTheOriginalIsItsAuthorsAlone(t *testing.T) {
	p := newPortal(t)
	author := person("creteil", "dominique")
	c := p.open(t, author, tickets.Incident, tickets.Card{Description: "Mon poste"})
	raw := "From: dominique@creteil.example\r\nSubject: Re\r\n\r\nCelui de gauche.\r\n"
	if _, err := p.desk.Attach(t.Context(), caller(author), c.ID, "message.eml", strings.NewReader(raw)); err != nil { // its bytes are there
		t.Fatal(err)
	}
	refuse := func(n byte, row int, verdict string) {
		m := tickets.InboundMail{
			Academy: "creteil", Person: author.ID, Ticket: c.ID, Hash: sha256.Sum256([]byte(raw)),
			Mailbox: "INBOX", UID: uint32(n), Sender: author.Email, Row: row, Verdict: verdict,
		}
		if n > 1 {
			m.Hash[0]++
			m.Hash[1] = n
		}
		if _, err := p.desk.RefuseMail(t.Context(), m, "Celui de gauche.", nil); err != nil {
			t.Fatal(err)
		}
	}
	refuse(1, 12, "answer")
	refuse(2, 10, "quarantine") // somebody else may have written it
	refuse(3, 2, "bounce")

	path := tickets.TicketPath("creteil", c.Number)
	b := p.as(t, author)
	links := b.get(path + "/mise-a-jour").all("a.original")
	if len(links) != 1 {
		t.Fatalf("%d originals are offered:\n%s", len(links), b.get(path+"/mise-a-jour").text("main"))
	}
	href, _ := attr(links[0], "href")
	pg := b.get(href).want(http.StatusOK, href)
	if string(pg.raw) != raw || pg.header.Get("Content-Type") != "message/rfc822" ||
		!strings.HasPrefix(pg.header.Get("Content-Disposition"), "attachment") || !strings.HasPrefix(pg.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%q, %v", pg.raw, pg.header)
	}
	for _, login := range []string{"camille", "alix", "robin"} {
		p.as(t, person("creteil", login)).get(href).want(http.StatusNotFound, href)
	}
	if pg := p.as(t, person("creteil", "alix")).get(path + "/mise-a-jour"); pg.has("#originals") {
		t.Error("the desk is offered it")
	}
	wrong := strings.Replace(href, "/messages/", "/messages/x", 1)
	b.get(wrong).want(http.StatusNotFound, wrong)
	p.pass(tickets.ReplyDraftKept + time.Minute)
	p.as(t, author).get(href).want(http.StatusNotFound, href)
}

// The author of a refused reply may throw its words away, but none that they
// have not read.
func TestADraftIsDiscardedByItsAuthor(t *testing.T) {
	p := newPortal(t)
	author := person("creteil", "dominique")
	c := p.open(t, author, tickets.Incident, tickets.Card{Description: "Mon poste"})
	reply := func(n byte, text string) {
		t.Helper()
		if _, err := p.desk.RefuseMail(t.Context(), tickets.InboundMail{
			Academy: "creteil", Person: author.ID, Ticket: c.ID, Hash: [32]byte{n}, Sender: author.Email, Verdict: "hold",
		}, text, nil); err != nil {
			t.Fatal(err)
		}
	}
	path := tickets.TicketPath(c.Academy, c.Number)
	b := p.as(t, author)
	if pg := b.get(path + "/mise-a-jour"); pg.has("button[value=discard]") {
		t.Error("there is nothing to discard")
	}
	reply(1, "Celui de gauche.")
	pg := b.get(path + "/mise-a-jour")
	p.pass(time.Minute)
	reply(2, "Non, de droite.")
	again := b.press(pg, "discard").want(http.StatusOK, path+"/mise-a-jour")
	if !again.has("#draft") || !strings.Contains(again.value("text"), "de droite") || !strings.Contains(again.text("#notice"), "relisez-le") {
		t.Errorf("%q: %s", again.value("text"), again.text("main"))
	}
	done := b.press(again, "discard").want(http.StatusOK, path)
	if done.has("#draft") || !strings.Contains(done.text("#notice"), "supprimé") || strings.Contains(done.text("#timeline"), "gauche") {
		t.Errorf("%s", done.text("main"))
	}
	if pg := b.get(path + "/mise-a-jour"); pg.has("#draft") || strings.TrimSpace(pg.value("text")) != "" {
		t.Errorf("%q waits: %s", pg.value("text"), pg.text("main"))
	}
}

// Two pages that show the same draft send its words once, however much later.
func TestADraftIsSentOnceFromTwoPages(t *testing.T) {
	p := newPortal(t)
	author := person("creteil", "dominique")
	c := p.open(t, author, tickets.Incident, tickets.Card{Description: "Mon poste"})
	if _, err := p.desk.RefuseMail(t.Context(), tickets.InboundMail{
		Academy: "creteil", Person: author.ID, Ticket: c.ID, Hash: [32]byte{1}, Sender: author.Email, Verdict: "hold",
	}, "Celui de gauche.", nil); err != nil {
		t.Fatal(err)
	}
	path := tickets.TicketPath(c.Academy, c.Number)
	b := p.as(t, author)
	one, two := b.get(path+"/mise-a-jour"), b.get(path+"/mise-a-jour")
	b.press(one, "complement").want(http.StatusOK, path)
	p.pass(time.Hour)
	done := b.press(two, "complement").want(http.StatusOK, path)
	if n := strings.Count(done.text("#timeline"), "Celui de gauche."); n != 1 {
		t.Errorf("said %d times: %s", n, done.text("#timeline"))
	}
	done = b.press(two, "complement", "text", "Et celui de droite.").want(http.StatusOK, path)
	if !strings.Contains(done.text("#timeline"), "Et celui de droite.") {
		t.Errorf("other words are not there: %s", done.text("#timeline"))
	}
}
