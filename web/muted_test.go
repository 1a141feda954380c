package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// mute mutes somebody's address, as the report of a mail server does.
func (p *portal) mute(t *testing.T, who tickets.Person, status string) {
	t.Helper()
	_, err := p.db.KeepBounce(t.Context(), tickets.Muting{
		Academy: who.Academy, ID: uuid.Must(uuid.NewV7()), Address: who.Email, Status: status, Diagnostic: "<b>hostile</b>", Since: p.clock(),
	}, uuid.Must(uuid.NewV7()), tickets.BounceGone, p.clock(), func(int) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
}

// Who cannot be written to reads so on every page, and says when it is over.
func TestWhoCannotBeWrittenTo(t *testing.T) {
	p := newPortal(t)
	dominique := person("creteil", "dominique")
	b := p.as(t, dominique)
	if b.get("/").has("#muted") {
		t.Fatal("a banner for who can be written to")
	}
	p.mute(t, dominique, "5.1.1")
	for path, status := range map[string]int{
		"/": 200, "/incidents": 200, "/connaissances": 200, "/aide": 200, "/preferences": 200, "/nulle-part": 404, "/incidents/nouveau": 200,
	} {
		pg := b.get(path)
		if pg.status != status || len(pg.all("#muted")) != 1 {
			t.Errorf("%s: %d, %d banners", path, pg.status, len(pg.all("#muted")))
			continue
		}
		said := pg.text("#muted")
		for _, want := range []string{dominique.Email, "pas de boîte", "21/11/2026 à 12:00", "Mon adresse fonctionne de nouveau"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: no %q in %q", path, want, said)
			}
		}
		if strings.Contains(string(pg.raw), "hostile") {
			t.Errorf("%s repeats the words of the report", path)
		}
	}
	for _, other := range []*browser{p.browser(t), p.as(t, person("creteil", "camille")), p.as(t, person("paris", "dominique"))} {
		if other.get("/aide").has("#muted") {
			t.Error("somebody else reads the banner")
		}
	}

	if pg := b.post("/donnees-personnelles/export", nil); !strings.Contains(string(pg.raw), `"address_without_mail":{"address":"`+dominique.Email) {
		t.Errorf("their data do not say it: %.300s", pg.raw)
	}

	old := b.get("/incidents").value("muting")
	pg := b.post("/adresse", form("muting", old, "return", "/incidents?etat=tous")).want(http.StatusOK, "/incidents?etat=tous")
	if pg.has("#muted") || !strings.Contains(pg.text("#notice"), dominique.Email) {
		t.Errorf("after the word: %s", pg.text("main"))
	}
	if !strings.Contains(p.log.String(), "audit: mail address confirmed") {
		t.Error("no line of the audit")
	}
	// A page from before ends no later muting; what is no muting ends none.
	p.mute(t, dominique, "5.2.2")
	for _, id := range []string{old, "", "x", uuid.NewString()} {
		pg := b.post("/adresse", form("muting", id, "return", "//ailleurs.example")).want(http.StatusOK, "/")
		if !strings.Contains(pg.text("#muted"), "pleine") || !pg.has("#notice") {
			t.Errorf("%q: %s", id, pg.text("main"))
		}
	}
	// Nobody says it for somebody else.
	other := p.as(t, person("creteil", "camille"))
	other.post("/adresse", form("muting", b.get("/").value("muting"), "return", "/"))
	if !b.get("/").has("#muted") {
		t.Error("somebody else's word counts")
	}
}

// The desk is told whom of a ticket no mail reaches; its requester is not.
func TestTheDeskReadsWhomNoMailReaches(t *testing.T) {
	p := newPortal(t)
	dominique, alix := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, dominique, tickets.Incident, tickets.Card{Description: "Écran noir", Phone: "01 99 00 94 12"})
	desk := p.as(t, alix)
	if desk.get(tickets.TicketPath(c.Academy, c.Number)).has(".unreachable") {
		t.Error("said of who gets mail")
	}
	p.mute(t, dominique, "5.1.1")
	said := desk.get(tickets.TicketPath(c.Academy, c.Number)).text(".unreachable")
	if !strings.Contains(said, dominique.Name()) || !strings.Contains(said, "appelez au 01 99 00 94 12") {
		t.Errorf("the desk reads %q", said)
	}
	if p.as(t, dominique).get(tickets.TicketPath(c.Academy, c.Number)).has(".unreachable") {
		t.Error("the requester reads it of themselves")
	}

	// The ticket's number is its beneficiary's: who filed it is called at their own.
	camille := person("creteil", "camille")
	p.mute(t, camille, "5.1.1")
	c = p.open(t, camille, tickets.Incident, tickets.Card{Beneficiary: dominique.ID, Description: "Écran noir", Phone: "01 99 00 94 12"})
	pg := desk.get(tickets.TicketPath(c.Academy, c.Number))
	var read []string
	for _, n := range pg.all(".unreachable") {
		read = append(read, words(n))
	}
	want := []string{dominique.Name() + " : appelez au 01 99 00 94 12.", camille.Name() + " : appelez au " + camille.Phone + "."}
	if len(read) != 2 || !strings.HasSuffix(read[0], want[0]) || !strings.HasSuffix(read[1], want[1]) {
		t.Errorf("the desk reads %q", read)
	}
	c = p.open(t, dominique, tickets.Incident, tickets.Card{Description: "Sans numéro"})
	if said := desk.get(tickets.TicketPath(c.Academy, c.Number)).text(".unreachable"); !strings.HasSuffix(said, "appelez au "+dominique.Phone+".") {
		t.Errorf("of who left no number, the desk reads %q", said)
	}
}

// What waits for the person's word is told anew, in their own words' number.
func TestConfirmingSendsWhatWaits(t *testing.T) {
	p := newPortal(t)
	dominique, alix := person("creteil", "dominique"), person("creteil", "alix")
	c := p.open(t, dominique, tickets.Incident, tickets.Card{Description: "Écran noir"})
	p.do(t, alix, c, tickets.ActionAsk, "Lequel ?")
	p.mute(t, dominique, "5.0.0")
	if _, err := p.db.Pool().Exec(t.Context(), `WITH sent AS (DELETE FROM deliveries WHERE channel = 'mail' RETURNING *)
		INSERT INTO delivery_log (academy, id, cause, ticket, seq, channel, recipient, template, rule, attempts, dead, outcome, error, created_at, ended_at)
		SELECT academy, id, cause, ticket, seq, channel, recipient, template, rule, 1, false, 'suppressed', 'muted', created_at, created_at + interval '1 hour' FROM sent`); err != nil {
		t.Fatal(err)
	}
	b := p.as(t, dominique)
	pg := b.get("/")
	if !strings.Contains(pg.text("#muted"), "a refusé plusieurs") {
		t.Errorf("%s", pg.text("#muted"))
	}
	pg = b.post("/adresse", form("muting", pg.value("muting"), "return", "/"))
	if !strings.Contains(pg.text("#notice"), "Le message qui attend votre réponse vous est renvoyé.") {
		t.Errorf("%s", pg.text("#notice"))
	}
	var owed int
	if err := p.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM deliveries WHERE channel = 'mail' AND template = 'asked'`).Scan(&owed); err != nil || owed != 1 {
		t.Errorf("%d mails owed, %v", owed, err)
	}
}
