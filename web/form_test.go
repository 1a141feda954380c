package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// hire adds made-up people to the academy's directory, by family name.
func (p *portal) hire(t *testing.T, a tickets.AcademyID, families ...string) []tickets.Person {
	t.Helper()
	var entries []postgres.Entry
	var out []tickets.Person
	for i, family := range families {
		x := person(a, fmt.Sprintf("recrue%d-%s", i, strings.ToLower(family[:2])))
		x.GivenName, x.FamilyName, x.Function = "Zoé", family, "Direction"
		x.Phone, x.Place, x.Entity = "01 99 11 11 11", "77/MELUN/Bâtiment Z", "EN/SERVICE"
		entries, out = append(entries, postgres.Entry{Person: x}), append(out, x)
	}
	if err := p.db.ImportPeople(t.Context(), a, entries); err != nil {
		t.Fatal(err)
	}
	return out
}

// refine gives the academy precise subjects and types of request.
func (p *portal) refine(t *testing.T) {
	t.Helper()
	a := academy("creteil", "Créteil", "")
	a.Themes[0].Subjects = []tickets.Choice{
		{Code: "quota", Name: tickets.Text{FR: "Boîte pleine", EN: "Full mailbox"}},
		{Code: "envoi", Name: tickets.Text{FR: "Envoi ou réception", EN: "Sending"}},
	}
	a.RequestTypes = []tickets.Choice{{Code: "panne", Name: tickets.Text{FR: "Panne", EN: "Breakdown"}}}
	if _, err := p.db.Apply(t.Context(), []tickets.Academy{a}, noon); err != nil {
		t.Fatal(err)
	}
}

func TestAFormForAnotherPerson(t *testing.T) {
	p := newPortal(t)
	chosen := p.hire(t, "creteil", "Émélie-Exemple")[0]
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path

	// What was typed is kept when one leaves to choose the person.
	pg := b.post(base, form("do", "beneficiary", "phone", "01 99 00 00 77", "place", "94/CRETEIL/Bâtiment A", "entity", "0940001R", "urgency", "2"))
	pg.want(http.StatusOK, base+"/beneficiaire")
	if pg.has("#people") || pg.has("button[value=self]") {
		t.Error("the page shows people before a search, or offers what is so already")
	}
	pg = b.get(base + "/beneficiaire?q=emelie+zoe")
	if got := pg.text("#people"); !strings.Contains(got, "Zoé Émélie-Exemple Direction 77/MELUN/Bâtiment Z EN/SERVICE recrue0-") {
		t.Errorf("found: %s", got)
	}
	if strings.Contains(string(pg.raw), "01 99 11") || pg.text(".pages") != "1 – 1 / 1" {
		t.Errorf("the telephone is shown, or %s", pg.text(".pages"))
	}
	pg = b.post(base+"/beneficiaire", form("person", chosen.ID.String()))
	pg.want(http.StatusOK, base)
	if !strings.Contains(pg.text("#notice"), "Zoé Émélie-Exemple") || !strings.Contains(pg.text("#beneficiary"), "Zoé Émélie-Exemple, Direction") {
		t.Errorf("the first step tells %q, %q", pg.text("#notice"), pg.text("#beneficiary"))
	}
	// The telephone was typed and stays; the rest came from the directory.
	if pg.value("phone") != "01 99 00 00 77" || pg.value("place") != chosen.Place || pg.value("entity") != chosen.Entity || pg.value("urgency") != "2" {
		t.Errorf("%s, %s, %s, %s", pg.value("phone"), pg.value("place"), pg.value("entity"), pg.value("urgency"))
	}
	pg = b.post(base, form("do", "self", "phone", "01 99 00 00 77", "place", chosen.Place, "entity", "0940003X", "urgency", "2"))
	if pg.want(http.StatusUnprocessableEntity, base); pg.value("entity") != "0940003X" {
		t.Errorf("a wrong entity is lost: %s", pg.value("entity"))
	}
	pg = b.post(base, form("do", "self", "phone", "01 99 00 00 77", "place", chosen.Place, "entity", chosen.Entity, "urgency", "2"))
	if pg.want(http.StatusOK, base).value("place") != "94/CRETEIL/Bâtiment A" || !strings.Contains(pg.text("#beneficiary"), "Dominique Modèle") {
		t.Errorf("for me again: %s, %s", pg.value("place"), pg.text("#beneficiary"))
	}

	b.post(base+"/beneficiaire?verifier", form("person", chosen.ID.String())).want(http.StatusOK, base+"?verifier")
	b.upload(base+"/demande", form("do", "continue", "description", "Son écran est noir"))
	pg = b.get(base + "/verification")
	for _, want := range []string{"Zoé Émélie-Exemple, Direction", "Dès l’envoi, Zoé Émélie-Exemple recevra un mail à " + chosen.Email} {
		if !strings.Contains(pg.text("main"), want) {
			t.Errorf("the check does not show %q:\n%s", want, pg.text("main"))
		}
	}
	for _, name := range []string{"#q", "#phone", "#place", "#entity", "#equipment", "#equipment_info", "#private", "#urgency", "#description", "#document", "#theme", "#availability", "#other_phone", "#summary"} {
		leads := false
		for _, a := range pg.all("a") {
			href, _ := attr(a, "href")
			leads = leads || strings.HasPrefix(href, base) && strings.HasSuffix(href, "?verifier"+name)
		}
		if !leads {
			t.Errorf("no way back to %s", name)
		}
	}
	pg = b.post(base+"/verification", form("do", "send", "version", pg.value("version")))
	for _, want := range []string{"Zoé Émélie-Exemple reçoit un mail à " + chosen.Email, "Le vôtre arrive à dominique@creteil.example", "Créer une autre demande"} {
		if !strings.Contains(pg.text("main"), want) {
			t.Errorf("the confirmation does not say %q:\n%s", want, pg.text("main"))
		}
	}
	var mails int
	err := p.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM deliveries WHERE channel = 'mail' AND recipient = 'person:' || $1`, chosen.ID.String()).Scan(&mails)
	if err != nil || mails != 1 {
		t.Errorf("%d mails to the beneficiary, %v", mails, err)
	}
}

func TestPeopleAreFoundPageByPage(t *testing.T) {
	p := newPortal(t)
	var families []string
	for i := range 45 {
		families = append(families, fmt.Sprintf("Martinez%c%c", 'a'+i/10, 'a'+i%10))
	}
	p.hire(t, "creteil", families...)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	pg := b.get(base + "/beneficiaire?q=martinez&verifier")
	if len(pg.all("button[name=person]")) != 20 || !strings.HasPrefix(pg.text(".pages"), "1 – 20 / 45") {
		t.Fatalf("%d people, %s", len(pg.all("button[name=person]")), pg.text(".pages"))
	}
	next, _ := attr(pg.one("a[rel=next]"), "href")
	pg = b.get(next)
	next, _ = attr(pg.one("a[rel=next]"), "href")
	if pg = b.get(next); len(pg.all("button[name=person]")) != 5 || pg.has("a[rel=next]") || !strings.Contains(pg.text(".pages"), "41 – 45 / 45") {
		t.Errorf("the last page: %s", pg.text(".pages"))
	}
	if action, _ := attr(pg.one("#choose"), "action"); !strings.HasSuffix(action, "?verifier") {
		t.Errorf("the way back to the check is lost: %s", action)
	}
	if pg := b.get(base + "/beneficiaire?q=martinez&page=99"); !strings.Contains(pg.text(".pages"), "41 – 45 / 45") {
		t.Error("past the end is not the last page")
	}
	for _, q := range []string{"zzzz", "%", "_", "<script>alert(1)</script>", "\u202e", "a\x00b", "' OR '1'='1"} {
		pg := b.get(base + "/beneficiaire?q=" + url.QueryEscape(q))
		if pg.status != http.StatusOK || pg.has("#people") || len(pg.all("script")) != 1 {
			t.Errorf("%q: %d", q, pg.status)
		}
	}
	for q, why := range map[string]string{"": "Saisissez un nom", "  ": "Saisissez un nom", strings.Repeat("é", 300): "trop long", "caf\xe9": "illisibles"} {
		pg := b.get(base + "/beneficiaire?q=" + url.QueryEscape(q))
		if pg.status != http.StatusUnprocessableEntity || !strings.Contains(pg.text("#q-error"), why) || !strings.HasPrefix(pg.text("title"), "Erreur :") {
			t.Errorf("%.10q: %d, %s", q, pg.status, pg.text("main"))
		}
	}
}

func TestOnlyPeopleOfTheAcademyAreChosen(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	gone := p.hire(t, "creteil", "Parti")[0]
	if _, err := p.db.Pool().Exec(t.Context(), `UPDATE people SET active = false WHERE id = $1`, gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "x", uuid.Nil.String(), uuid.NewString(), person("paris", "camille").ID.String(), gone.ID.String(), strings.Repeat("1", 1_000_000), "\u202e\x00"} {
		pg := b.post(base+"/beneficiaire", form("person", id))
		if pg.status != http.StatusUnprocessableEntity || !strings.Contains(pg.text("#errors"), "n’est pas dans l’annuaire") || !pg.has("a[href=#q]") {
			t.Errorf("%.20q: %d", id, pg.status)
		}
	}
	if pg := b.get(base); !strings.Contains(pg.text("#beneficiary"), "Dominique Modèle") {
		t.Errorf("the beneficiary became %s", pg.text("#beneficiary"))
	}
}

// Who leaves the directory meanwhile: the beneficiary is told by name where to
// choose another, the author signs in again and finds the draft.
func TestSomebodyLeavesTheDirectory(t *testing.T) {
	p := newPortal(t)
	chosen, who := p.hire(t, "creteil", "Sortante")[0], person("creteil", "dominique")
	b := p.as(t, who)
	base := b.get("/services/nouveau").path
	b.post(base+"/beneficiaire", form("person", chosen.ID.String())).want(http.StatusOK, base)
	b.upload(base+"/demande", form("do", "continue", "description", "Une clé pour elle"))
	active := func(id uuid.UUID, is bool) {
		t.Helper()
		if _, err := p.db.Pool().Exec(t.Context(), `UPDATE people SET active = $2 WHERE id = $1`, id, is); err != nil {
			t.Fatal(err)
		}
	}
	active(chosen.ID, false)
	if pg := b.get(base); !strings.Contains(pg.text("#beneficiary"), "n’est plus dans l’annuaire") || !strings.Contains(pg.text("#beneficiary"), "Zoé Sortante") {
		t.Errorf("the first step tells %s", pg.text("#beneficiary"))
	}
	b.get(base+"/beneficiaire").want(http.StatusOK, "")
	if pg := b.get(base + "/verification"); !strings.Contains(pg.text("main"), "n’est plus dans l’annuaire") {
		t.Error("the check does not tell")
	}
	pg := b.post(base+"/verification", form("do", "send")).want(http.StatusUnprocessableEntity, "")
	if href, _ := attr(pg.one("#errors").LastChild.PrevSibling, "class"); href != "" || !pg.has("a[href="+base+"/beneficiaire?verifier#q]") {
		t.Errorf("the refusal leads nowhere: %s", pg.text("#errors"))
	}

	active(who.ID, false)
	if pg := b.get(base); !strings.HasPrefix(pg.path, "/connexion") {
		t.Errorf("who left reads %s", pg.path)
	}
	active(who.ID, true)
	if pg := p.as(t, who).get(base + "/demande"); pg.value("description") != "Une clé pour elle" {
		t.Errorf("the draft became %q", pg.value("description"))
	}
}

func TestSuggestionsTellNoSecretsAndHaveAPace(t *testing.T) {
	p := newPortal(t)
	x := p.hire(t, "creteil", "<b>Piège")[0]
	b := p.as(t, person("creteil", "dominique"))
	ask := func(b *browser, q string) (int, string, []map[string]string) {
		t.Helper()
		pg := b.get("/personnes?q=" + url.QueryEscape(q))
		var answer struct {
			Found  string
			People []map[string]string
		}
		if err := json.Unmarshal(pg.raw, &answer); err != nil {
			t.Fatalf("%d %s: %v", pg.status, pg.raw, err)
		}
		if pg.header.Get("Content-Type") != "application/json" || pg.header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", pg.header)
		}
		return pg.status, answer.Found, answer.People
	}
	status, found, people := ask(b, "PIEGE")
	if status != http.StatusOK || len(people) != 1 || found != "1 personne trouvée" || people[0]["id"] != x.ID.String() || people[0]["name"] != "Zoé <b>Piège" {
		t.Fatalf("%d, %s, %v", status, found, people)
	}
	if len(people[0]) != 3 || strings.Contains(fmt.Sprint(people), x.Phone) || strings.Contains(people[0]["about"], " "+x.Login+" ") {
		t.Errorf("tells %v", people[0])
	}
	if status, _, people := ask(b, "modèle"); status != http.StatusOK || len(people) != 4 {
		t.Errorf("%d, %d people of my academy, want 4", status, len(people))
	}
	if pg := p.browser(t).get("/personnes?q=a"); !strings.HasPrefix(pg.path, "/connexion") {
		t.Errorf("a stranger is led to %s", pg.path)
	}
	if pg := b.post("/personnes", form("q", "a")); pg.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", pg.status)
	}
	for _, bad := range []string{"", strings.Repeat("a", 1000)} {
		if status, found, _ := ask(b, bad); status != http.StatusUnprocessableEntity || found == "" {
			t.Errorf("%.10q: %d %s", bad, status, found)
		}
	}
	refused := 0
	for range 60 {
		if status, _, _ := ask(b, "a"); status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 15 || refused > 25 {
		t.Errorf("%d of 60 searches at once refused", refused)
	}
	base := b.get("/incidents/nouveau").path
	if pg := b.get(base + "/beneficiaire?q=a"); pg.status != http.StatusTooManyRequests || !strings.Contains(pg.text("#q-error"), "réessayez") {
		t.Errorf("the page: %d", pg.status)
	}
	if status, _, _ := ask(p.as(t, person("creteil", "camille")), "a"); status != http.StatusOK {
		t.Errorf("another person: %d", status)
	}
	p.pass(30 * 1e9)
	if status, _, _ := ask(b, "a"); status != http.StatusOK {
		t.Errorf("half a minute later: %d", status)
	}
}

func TestTwoTabsOnOneStep(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	one, two := b.get(base+"/demande"), b.get(base+"/demande") // two tabs
	first := b.get(base)
	b.upload(base+"/demande", form("do", "continue", "version", one.value("version"), "description", "Premier onglet")).want(http.StatusOK, base+"/complement")

	// The same words again, as a double click or a retry sends: no conflict.
	b.upload(base+"/demande", form("do", "continue", "version", two.value("version"), "description", " Premier onglet\r\n")).want(http.StatusOK, base+"/complement")
	// Another step is another matter.
	b.post(base, form("do", "continue", "version", first.value("version"), "urgency", "2", "phone", "01")).want(http.StatusOK, base+"/demande")

	pg := b.upload(base+"/demande", form("do", "continue", "version", two.value("version"), "description", "Second onglet"), file{"vu.png", png})
	pg.want(http.StatusConflict, base+"/demande")
	if !strings.Contains(pg.value("description"), "Second onglet") || !strings.Contains(pg.text("#overtaken"), "Premier onglet") ||
		!pg.has("#description-error") || !pg.has("a[href=#description]") || !strings.Contains(pg.text("#documents"), "vu.png") {
		t.Errorf("the conflict shows %s", pg.text("main"))
	}
	if kept := b.get(base + "/demande"); kept.value("description") != "Premier onglet" {
		t.Errorf("kept %q", kept.value("description"))
	}
	// Going on from there keeps what was typed.
	b.upload(base+"/demande", form("do", "continue", "version", pg.value("version"), "description", "Second onglet")).want(http.StatusOK, base+"/complement")
	if kept := b.get(base + "/demande"); kept.value("description") != "Second onglet" {
		t.Errorf("kept %q", kept.value("description"))
	}

	// A choice and a box differ in words, too.
	stale := b.get(base)
	b.post(base, form("do", "continue", "urgency", "1", "private", "1"))
	pg = b.post(base, form("do", "continue", "version", stale.value("version"), "urgency", "3")).want(http.StatusConflict, base)
	if said := pg.text("#overtaken"); !strings.Contains(said, "1 - Critique") || !strings.Contains(said, "Incident privé Oui") || pg.value("urgency") != "3" {
		t.Errorf("the conflict shows %s", said)
	}
	// What is wrong beside is told once the conflict is settled.
	b.post(base, form("do", "continue", "version", pg.value("version"), "urgency", "9")).want(http.StatusUnprocessableEntity, base)
	b.post(base, form("do", "continue", "version", "nimporte", "urgency", "1", "private", "1")).want(http.StatusOK, base+"/demande")
}

func TestTheCheckIsReadAgainBeforeSending(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	b.upload(base+"/demande", form("do", "continue", "description", "Relu"))
	seen := b.get(base + "/verification").value("version")
	b.upload(base+"/demande", form("do", "continue", "description", "Changé depuis"))
	pg := b.post(base+"/verification", form("do", "send", "version", seen)).want(http.StatusConflict, base+"/verification")
	if !strings.Contains(pg.text("main"), "Changé depuis") || !strings.Contains(pg.text("#errors"), "relisez") {
		t.Errorf("the check shows %s", pg.text("main"))
	}
	b.post(base+"/verification", form("do", "send", "version", pg.value("version"))).want(http.StatusOK, "")
}

func TestTheSubjectIsMadePrecise(t *testing.T) {
	p := newPortal(t)
	p.refine(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	b.upload(base+"/demande", form("do", "continue", "description", "Ma boîte"))
	// Without subjects there is nothing to ask.
	b.post(base+"/complement", form("do", "continue", "theme", "poste")).want(http.StatusOK, base+"/verification")
	b.get(base+"/sujet").want(http.StatusOK, base+"/complement")
	b.get(base+"/sujet?verifier").want(http.StatusOK, base+"/complement?verifier")

	pg := b.post(base+"/complement", form("do", "continue", "theme", "messagerie", "request_type", "panne")).want(http.StatusOK, base+"/sujet")
	if pg.text("h1") != "Préciser le sujet" || !strings.Contains(pg.text("main"), "Étape 3 sur 4") || words(pg.one("button[value=continue]")) != "Valider le choix" ||
		!strings.Contains(pg.text("#subject"), "Messagerie : quel est le sujet précis ?") || pg.value("subject") != "" {
		t.Errorf("the step shows %s", pg.text("main"))
	}
	for _, bad := range []string{"pc-panne", "x", "<script>", "quota\x00", strings.Repeat("q", 1_000_000)} {
		pg := b.post(base+"/sujet", form("do", "continue", "subject", bad))
		if pg.status != http.StatusUnprocessableEntity || !pg.has("#subject-error") {
			t.Errorf("%.10q: %d", bad, pg.status)
		}
	}
	pg = b.post(base+"/sujet", form("do", "continue", "subject", "quota", "version", pg.value("version"))).want(http.StatusOK, base+"/verification")
	if said := pg.text("main"); !strings.Contains(said, "Sujet précis Boîte pleine") || !strings.Contains(said, "Type de demande Panne") {
		t.Errorf("the check shows %s", said)
	}
	// The same theme keeps it; another theme has none of it.
	b.post(base+"/complement?verifier", form("do", "continue", "theme", "messagerie", "request_type", "panne")).want(http.StatusOK, base+"/sujet?verifier")
	if pg := b.get(base + "/sujet?verifier"); pg.value("subject") != "quota" {
		t.Errorf("the subject is lost: %s", pg.value("subject"))
	}
	b.post(base+"/sujet?verifier", form("do", "continue", "subject", "envoi")).want(http.StatusOK, base+"/verification")
	b.post(base+"/complement?verifier", form("do", "continue", "theme", "poste")).want(http.StatusOK, base+"/verification")
	b.post(base+"/complement", form("do", "continue", "theme", "messagerie"))
	if pg := b.get(base + "/sujet"); pg.value("subject") != "" {
		t.Errorf("another theme kept %s", pg.value("subject"))
	}
	b.post(base+"/complement", form("do", "continue", "theme", "messagerie", "request_type", "x")).want(http.StatusUnprocessableEntity, "")
	b.post(base+"/sujet", form("do", "continue", "subject", "envoi"))

	// The desk file loses the subject meanwhile: the rest of the form goes on,
	// sending says what to choose anew, and the way there works.
	if _, err := p.db.Apply(t.Context(), []tickets.Academy{academy("creteil", "Créteil", "")}, noon); err != nil {
		t.Fatal(err)
	}
	b.post(base, form("do", "continue", "urgency", "2", "phone", "01 99 00 00 02")).want(http.StatusOK, base+"/demande")
	pg = b.post(base+"/verification", form("do", "send")).want(http.StatusUnprocessableEntity, "")
	if !pg.has("a[href=" + base + "/sujet?verifier#subject]") {
		t.Fatalf("the refusal leads nowhere: %s", pg.text("#errors"))
	}
	b.get(base+"/sujet?verifier").want(http.StatusOK, base+"/complement?verifier")
	b.post(base+"/complement?verifier", form("do", "continue", "theme", "messagerie")).want(http.StatusOK, base+"/verification")
	b.post(base+"/verification", form("do", "send")).want(http.StatusOK, "")
}

func TestSeveralFormsMayBeBegun(t *testing.T) {
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	b.get("/incidents/nouveau").want(http.StatusOK, base) // empty: the same
	b.upload(base+"/demande", form("do", "continue", "description", "La première panne"))

	pg := b.get("/incidents/nouveau").want(http.StatusOK, "/incidents/nouveau")
	if !pg.has("a[href="+base+"]") || !strings.Contains(pg.text("#unsent"), "La première panne") {
		t.Errorf("the form begun is not offered: %s", pg.text("main"))
	}
	b.get("/services/nouveau") // of the other kind: nothing to resume
	second := b.post("/incidents/nouveau", nil)
	if !regexp.MustCompile(`^/formulaires/[0-9a-f-]{36}$`).MatchString(second.path) || second.path == base || strings.Contains(pg.text("#unsent"), second.text("#number")) {
		t.Fatalf("another form: %s", second.path)
	}
	if again := b.post("/incidents/nouveau", nil); again.path != second.path {
		t.Errorf("a double click opened %s", again.path)
	}
	b.upload(second.path+"/demande", form("do", "attach", "description", ""), file{"seul.png", png})
	if pg := b.get("/incidents/nouveau"); len(pg.all("a.main")) != 2 || !strings.Contains(pg.text("#unsent"), "Sans description") {
		t.Errorf("two begun: %s", pg.text("main"))
	}
	for i := range tickets.MaxForms - 2 {
		f := b.post("/incidents/nouveau", nil)
		b.upload(f.path+"/demande", form("do", "continue", "description", fmt.Sprint("Panne ", i)))
	}
	pg = b.post("/incidents/nouveau", nil).want(http.StatusConflict, "/incidents/nouveau")
	if !strings.Contains(pg.text("#errors"), "10 formulaires") || pg.has("#another") || !pg.has("a[href="+base+"]") {
		t.Errorf("one too many: %s", pg.text("main"))
	}
	if pg := b.get(base + "/demande"); pg.value("description") != "La première panne" {
		t.Error("the first form is lost")
	}
}

func TestEachStepSaysWhatIsWrong(t *testing.T) {
	p := newPortal(t)
	p.refine(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	long := strings.Repeat("e", 1_000_000)
	for slug, names := range map[string][]string{
		"": {"phone", "place", "entity", "equipment", "equipment_info"}, "/complement": {"availability", "other_phone", "summary"}, "/demande": {"description"},
	} {
		for _, name := range names {
			for what, bad := range map[string]string{"too long": long, "NUL": "a\x00b", "a control character": "a\x1bb", "no UTF-8": "\xff\xfe"} {
				pg := b.post(base+slug, form("do", "continue", "urgency", "3", name, bad))
				if pg.status != http.StatusUnprocessableEntity || !pg.has("#"+name+"-error") || !pg.has("a[href=#"+name+"]") {
					t.Errorf("%s, %s: %d", name, what, pg.status)
				}
			}
			hostile := `<script>alert("` + name + `")</script>` + "\u202eإرث\u200f"
			if pg := b.post(base+slug, form("do", "attach", "urgency", "3", name, hostile)); pg.status != http.StatusOK || len(pg.all("script")) != 1 || !strings.EqualFold(pg.value(name), strings.ReplaceAll(hostile, "\u202e", "")) {
				t.Errorf("%s: %d, %q", name, pg.status, pg.value(name))
			}
		}
	}
	for _, bad := range []url.Values{form("urgency", ""), form("urgency", "0"), form("urgency", "4"), form("urgency", "-1"), form("urgency", "1e3")} {
		bad.Set("do", "continue")
		if pg := b.post(base, bad); pg.status != http.StatusUnprocessableEntity && bad.Get("urgency") != "0" {
			t.Errorf("%v: %d", bad, pg.status)
		}
	}
	b.upload(base+"/demande", form("do", "continue", "description", "")).want(http.StatusUnprocessableEntity, "")
}
