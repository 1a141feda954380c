package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cecoia.example/tickets"
)

// ticked is the address of an action on several tickets, as the list's form
// sends it.
func ticked(path string, cases ...tickets.Case) string {
	q := url.Values{"retour": {"/incidents?etat=tous"}}
	for _, c := range cases {
		q.Add("n", c.Number.String())
	}
	return path + "?" + q.Encode()
}

// outcomes is what the page says of each ticket, by number.
func outcomes(pg *page) map[string]string {
	out := map[string]string{}
	for _, n := range pg.all("li") {
		if number, said, _ := strings.Cut(words(n), " "); strings.HasPrefix(number, "I26") || strings.HasPrefix(number, "S26") {
			out[number] = said
		}
	}
	return out
}

func (p *portal) events(t *testing.T, c tickets.Case) []tickets.Event {
	t.Helper()
	events, err := p.db.Events(t.Context(), c.Academy, c.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestSeveralTicketsAreUpdatedAtOnce(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	var all []tickets.Case
	for i := range 3 {
		all = append(all, p.open(t, who, tickets.Incident, tickets.Card{Description: fmt.Sprintf("Panne %d", i)}))
	}
	b := p.as(t, who)
	list := b.get("/incidents?etat=tous")
	form1 := list.one("form#several")
	if action, _ := attr(form1, "action"); action != "/demandes/mise-a-jour" || list.value("retour") != "/incidents?etat=tous" || len(list.all("input[name=n]")) != 3 {
		t.Fatalf("the list's form: %s, %s", action, list.value("retour"))
	}
	pg := b.get(ticked("/demandes/mise-a-jour", all...))
	if len(outcomes(pg)) != 3 || !strings.Contains(pg.text("#chosen"), "3 demandes choisies") {
		t.Fatalf("the page lists %v", outcomes(pg))
	}
	action, _ := attr(pg.one("form.card"), "action")
	token := pg.value("command")

	// Words that are missing or too long change nothing, and are kept.
	long := strings.Repeat("x", 1_000_000)
	for name, text := range map[string]string{"missing": "", "too long": long, "NUL": "a\x00b"} {
		pg := b.post(action, form("command", token, "text", text))
		if pg.status != http.StatusUnprocessableEntity || !pg.has("#text-error") || !strings.Contains(pg.text("#errors"), pg.text("#text-error")[len("Erreur : "):]) {
			t.Errorf("%s: %d", name, pg.status)
		}
		if name == "too long" && strings.TrimPrefix(pg.value("text"), "\n") != long {
			t.Error("the long text is lost")
		}
	}
	// Sent twice, it is done once, and each ticket has it.
	for range 2 {
		pg = b.post(action, form("command", token, "text", "Toujours là ce matin."))
		if pg.want(http.StatusOK, "/incidents?etat=tous"); !strings.Contains(pg.text("#notice"), "3 demandes mises à jour") {
			t.Errorf("the notice says %s", pg.text("#notice"))
		}
	}
	for _, c := range all {
		if events := p.events(t, c); len(events) != 2 || events[1].Action != tickets.ActionComplement || events[1].Text != "Toujours là ce matin." {
			t.Errorf("%s: %d events", c.Number, len(events))
		}
	}
}

func TestSeveralTicketsAreClosedAndEachSaysWhatBecameOfIt(t *testing.T) {
	p := newDesk(t)
	dominique, camille, alix := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix")
	mine := p.open(t, dominique, tickets.Incident, tickets.Card{Description: "Câble"})
	resolved := p.open(t, dominique, tickets.Incident, tickets.Card{Description: "Réglé"})
	closed := p.open(t, dominique, tickets.Incident, tickets.Card{Description: "Clos"})
	theirs := p.open(t, camille, tickets.Incident, tickets.Card{Description: "À Camille"})
	foreign := p.open(t, person("paris", "dominique"), tickets.Service, tickets.Card{Description: "À Paris"})
	p.do(t, alix, resolved, tickets.ActionResolve, "Fait")
	p.do(t, dominique, closed, tickets.ActionWithdraw, "Trouvé")

	b := p.as(t, dominique)
	address := ticked("/demandes/cloture", mine, resolved, closed, theirs, foreign)
	pg := b.get(address)
	said := outcomes(pg)
	for c, want := range map[*tickets.Case]string{
		&mine: "Clôture avant l’intervention", &resolved: "a déjà été réglé par Alix Modèle", &closed: "a déjà été clôturé par Dominique Modèle",
		&theirs: "n’existe pas, ou elle ne vous est pas accessible", &foreign: "n’existe pas, ou elle ne vous est pas accessible",
	} {
		if !strings.Contains(said[c.Number.String()], want) {
			t.Errorf("%s: %q, want %q", c.Description, said[c.Number.String()], want)
		}
	}
	if strings.Contains(pg.text("main"), "Camille") || strings.Contains(pg.text("main"), "Paris") {
		t.Error("the page shows what is not to be seen")
	}
	pg = b.post(address, form("command", pg.value("command"), "text", "Câble débranché", "cause", "alchimie"))
	if pg.want(http.StatusUnprocessableEntity, ""); !pg.has("#cause-error") || len(p.events(t, mine)) != 1 {
		t.Error("an unknown cause was taken")
	}
	pg = b.post(address, form("command", pg.value("command"), "text", "Câble débranché", "cause", "branchement"))
	pg.want(http.StatusConflict, "")
	said = outcomes(pg)
	if !strings.Contains(said[mine.Number.String()], "Clôturé (retiré par le demandeur)") || !strings.Contains(pg.text(".notice"), mine.Number.String()) {
		t.Errorf("what was done is not told: %v", said)
	}
	if !strings.Contains(said[resolved.Number.String()], "a déjà été réglé") || !strings.Contains(pg.value("text"), "Câble débranché") {
		t.Errorf("what was refused is not told, or its words are lost: %v", said)
	}
	for c, want := range map[*tickets.Case]int{&mine: 2, &resolved: 2, &closed: 2, &theirs: 1, &foreign: 1} {
		if got := len(p.events(t, *c)); got != want {
			t.Errorf("%s: %d events, want %d", c.Description, got, want)
		}
	}
	if c, err := p.desk.Case(t.Context(), caller(dominique), mine.Number.Ref()); err != nil || c.Cause != "branchement" {
		t.Errorf("cause %q, %v", c.Cause, err)
	}

	// The desk closes for itself what is not its own, and updates by a message.
	agent := p.as(t, alix)
	own := p.open(t, alix, tickets.Incident, tickets.Card{Description: "À Alix"})
	pg = agent.get(ticked("/demandes/mise-a-jour", own, theirs))
	agent.post(ticked("/demandes/mise-a-jour", own, theirs), form("command", pg.value("command"), "text", "On regarde.")).want(http.StatusOK, "/incidents?etat=tous")
	pg = agent.get(ticked("/demandes/cloture", own, theirs))
	agent.post(ticked("/demandes/cloture", own, theirs), form("command", pg.value("command"), "text", "Panne générale terminée.")).want(http.StatusOK, "/incidents?etat=tous")
	for c, want := range map[*tickets.Case][]tickets.Action{
		&own:    {tickets.ActionOpen, tickets.ActionComplement, tickets.ActionWithdraw},
		&theirs: {tickets.ActionOpen, tickets.ActionInform, tickets.ActionClose},
	} {
		var got []tickets.Action
		for _, e := range p.events(t, *c) {
			got = append(got, e.Action)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", c.Description, got, want)
		}
	}
}

func TestAChoiceOfTicketsThatCannotBe(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	pg := b.get("/demandes/cloture?retour=%2Fservices")
	if pg.want(http.StatusOK, "/services"); !strings.Contains(pg.text("#notice"), "Cochez d’abord") {
		t.Errorf("nothing ticked: %s", pg.text("main"))
	}
	many := url.Values{}
	for i := range 51 {
		many.Add("n", fmt.Sprintf("I261121_%03d", i+1))
	}
	pg = b.get("/demandes/mise-a-jour?" + many.Encode())
	if pg.want(http.StatusOK, "/incidents"); !strings.Contains(pg.text("#notice"), "Pas plus de 50") {
		t.Errorf("too many: %s", pg.text("main"))
	}
	b.post("/demandes/mise-a-jour?"+many.Encode(), form("text", "x")).want(http.StatusUnprocessableEntity, "")
	b.post("/demandes/mise-a-jour", form("text", "x")).want(http.StatusUnprocessableEntity, "")
	pg = b.get("/demandes/cloture?" + url.Values{"n": {"I261121_999", "<script>alert(1)</script>", "caf\xe9", "\u202e7"}, "retour": {"//ailleurs.example/"}}.Encode())
	if pg.want(http.StatusOK, "").has("textarea") || len(pg.all("script")) != 1 || pg.has("a[href=//ailleurs.example/]") || !strings.Contains(pg.text("main"), "<script>") {
		t.Errorf("hostile numbers: %s", pg.text("main"))
	}
}

// A session that ends while the words are written loses neither them nor what
// was ticked.
func TestWordsForSeveralOutliveASession(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	one, two := p.open(t, who, tickets.Incident, tickets.Card{Description: "Un"}), p.open(t, who, tickets.Incident, tickets.Card{Description: "Deux"})
	b := p.browser(t)
	pg := b.post(ticked("/demandes/cloture", one, two), form("text", "Tout remarche."))
	pg = b.post(pg.path, form("identifier", who.Email, "password", "demo"))
	if len(outcomes(pg.want(http.StatusOK, ""))) != 2 || !strings.Contains(pg.value("text"), "Tout remarche.") {
		t.Errorf("after signing in: %s", pg.text("main"))
	}
}
