package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"cecoia.example/tickets"
)

// The whole story of the portal, screen by screen, told in both languages, by
// the keyboard alone, and without JavaScript.

func TestTheStory(t *testing.T) {
	t.Parallel()
	for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			newTeller(t, lang, func(c *chromium) hand { return mouse{c} }).tell()
		})
	}
}

func TestTheStoryByKeyboard(t *testing.T) {
	t.Parallel()
	s := newTeller(t, tickets.French, func(c *chromium) hand { return keyboard{c} })
	s.keys = true
	s.tell()
}

func TestTheStoryWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := newTeller(t, tickets.French, func(c *chromium) hand { return mouse{c} })
	s.withoutScripts()
	s.scripts = false
	s.tell()
}

func (s *teller) tell() {
	s.t.Helper()
	s.signIn("dominique", "/incidents/nouveau")
	number := s.create()
	s.lists(number)
	s.searchAndStar(number)
	s.desk(number)
	s.validate(number)
	s.reopenAndWithdraw(number)
	s.several()
	s.writeAndReadAnArticle()
	s.leave()
}

// signIn comes by a deep link and signs in, in the language of the story.
func (s *teller) signIn(login, path string) {
	s.t.Helper()
	s.open(path)
	s.leads("/connexion")
	if s.lang == tickets.English {
		s.follow(`.prefs button[value=en]`)
	}
	s.is("h1", s.words.T("web.signin.title"))
	s.fill("#identifier", person("creteil", login).Email)
	s.fill("#password", "non")
	s.follow("#signin button.main")
	s.is("#errors", s.words.T("error.web.signin.refused"))
	s.onSummary()
	s.fill("#password", "demo")
	s.follow("#signin button.main")
}

// create fills in the form for another person, step by step.
func (s *teller) create() string {
	s.t.Helper()
	s.is("h1", s.words.T("web.form.place"))
	number := strings.TrimSpace(ask[string](s.chromium, `document.querySelector("#number").textContent`))
	place := s.at()

	// For whom.
	s.follow("button[value=beneficiary]")
	s.is("h1", s.words.T("web.for.title"))
	s.fill("#q", "emelie")
	switch {
	case !s.scripts:
		s.follow(".picker button.main")
		s.follow("#people button")
	case s.keys:
		s.proposed(1)
		s.do("the list", chromedp.KeyEvent(kb.ArrowDown))
		s.enter()
	default:
		s.proposed(1)
		s.submit("#proposed li")
	}
	s.leads(place)
	s.is("#beneficiary", "Zoé Émélie-Exemple")
	s.pick("#urgency-2")
	s.follow("button[value=continue]")

	// What about, with a document; first without a word.
	s.leads(place + "/demande")
	s.follow("button[value=continue]")
	s.is("#errors", s.words.T("error.description.missing"))
	s.onSummary()
	s.unfold("#errors a")
	if at := ask[string](s.chromium, `document.activeElement.id`); at != "description" {
		s.t.Errorf("the summary leads to %q", at)
	}
	s.fill("#description", "Service de la paie, bureau 12 : la boite est pleine.")
	photo := filepath.Join(s.t.TempDir(), "photo.png")
	if err := os.WriteFile(photo, png, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.attach("#document", photo)
	if s.scripts {
		s.do("the document", chromedp.WaitVisible("#documents a"))
	} else {
		s.follow("button[value=attach]")
		s.is("#documents", "photo.png")
	}
	s.follow("button[value=continue]")

	// The theme, the precise subject.
	s.leads(place + "/complement")
	s.pick("#theme-messagerie")
	s.pick("#request_type-panne")
	s.fill("#availability", "lundi matin")
	s.follow("button[value=continue]")
	s.leads(place + "/sujet")
	s.pick("#subject-quota")
	s.follow("button[value=continue]")

	// The check: one answer is changed on the way.
	s.leads(place + "/verification")
	s.is("main", "photo.png")
	s.follow(`a[href$="#summary"]`)
	s.fill("#summary", "Boite pleine")
	s.follow("button[value=continue]")
	if s.at() == place+"/sujet" {
		s.follow("button[value=continue]")
	}
	s.leads(place + "/verification")
	s.is("main", "Boite pleine")
	s.follow("#send")
	s.leads("/demandes/creteil/" + number + "/confirmation")
	s.is("#number", number)
	return number
}

// lists finds the ticket in the list, by a filter and by the counters.
func (s *teller) lists(number string) {
	s.t.Helper()
	s.follow(`main a[href="/incidents"]`)
	s.leads("/incidents")
	s.is("td.t-number", number)
	s.follow(`.tabs a[href*="clotures"]`)
	s.is(".empty", "")
	s.follow(`.menu a[href="/incidents"]`)
	s.fill("#texte", "paie")
	s.follow(".narrow button")
	s.is("td.t-number", number)
	s.follow("td.t-number a")
	s.leads("/demandes/creteil/" + number)
	s.status(tickets.Ticket{Status: tickets.StatusNew})
	s.follow(`.ticket-actions a[href$="/mise-a-jour"]`)
	s.fill("#text", "Depuis lundi, pour tout le service.")
	s.follow("button[value=complement]")
	s.leads("/demandes/creteil/" + number)
	s.is("#timeline", "Depuis lundi, pour tout le service.")
}

// searchAndStar finds the ticket by its words, and keeps the search and the
// ticket at hand for a while.
func (s *teller) searchAndStar(number string) {
	s.t.Helper()
	s.fill("#find", "service")
	s.follow(".find button")
	s.leads("/recherche")
	s.is("main mark", "ervice")
	s.follow(".star button")
	s.is(".star button[aria-pressed=true]", "")
	s.follow(`main a.number[href="/demandes/creteil/` + number + `"]`)
	s.follow(".star button")
	s.is(".star button[aria-pressed=true]", "")
	s.follow(`.menu a[href="/"]`)
	s.is("#favourites ~ .waiting", number)
	s.follow(`main a[href="/favoris"]`)
	for range 2 {
		s.follow("button[value=remove]")
	}
	s.is(".empty", s.words.T("web.favourites.none"))
}

// desk takes, asks and answers from the portal.
func (s *teller) desk(number string) {
	s.t.Helper()
	path := "/demandes/creteil/" + number
	s.become(person("creteil", "alix"))
	s.open("/")
	s.follow("#desk ~ table td a")
	s.follow(`a.number[href="` + path + `"]`)
	s.follow("button[value=take]")
	s.status(tickets.Ticket{Status: tickets.StatusInProgress})
	s.unfold("#do-ask summary")
	s.fill("#text-ask", "Quelle adresse exactement ?")
	s.follow("#do-ask button.main")
	s.status(tickets.Ticket{Status: tickets.StatusWaiting})

	s.become(person("creteil", "dominique"))
	s.open("/")
	s.is(".waiting", number)
	s.follow(".waiting a.button")
	s.leads(path + "/mise-a-jour")
	s.is(".call", "Quelle adresse exactement ?")
	s.fill("#text", "service.paie, voir la copie.")
	s.follow("button[value=complement]")
	s.status(tickets.Ticket{Status: tickets.StatusInProgress})

	s.resolve(path, "Boite agrandie.")
	s.become(person("creteil", "dominique"))
	s.open(path)
	s.is("#news", "") // what came since
	s.follow(`.call a[href*="/validation"]`)
	s.follow("button[value=refuse]")
	s.is("#errors", s.words.T("error.text.missing.refuse"))
	s.onSummary()
	s.fill("#text-refuse", "Toujours pleine.")
	s.follow("button[value=refuse]")
	s.leads(path)
	s.status(tickets.Ticket{Status: tickets.StatusInProgress})
	s.resolve(path, "Boite agrandie pour de bon.")
}

// resolve resolves the ticket as a member of the desk.
func (s *teller) resolve(path, text string) {
	s.t.Helper()
	s.portal.pass(time.Minute)
	s.become(person("creteil", "alix"))
	s.open(path)
	s.follow(`.ticket-actions a[href*="faire=resolve"]`)
	s.fill("#text-resolve", text)
	s.choose("#cause-resolve", "droits")
	s.follow("#do-resolve button.main")
	s.status(tickets.Ticket{Status: tickets.StatusResolved})
}

// validate closes the ticket from the list of those that wait, and rates it.
func (s *teller) validate(number string) {
	s.t.Helper()
	s.become(person("creteil", "dominique"))
	s.open("/")
	s.follow(`.menu a[href="/validations"]`)
	s.is("main", number)
	s.follow("button[value=validate]")
	s.leads("/validations")
	s.pick("#rating-4")
	s.follow("button[value=rate]")
	s.is("#notice", "")
	s.open("/demandes/creteil/" + number)
	s.status(tickets.Ticket{Status: tickets.StatusClosed, Closure: tickets.ClosedValidated})
}

func (s *teller) reopenAndWithdraw(number string) {
	s.t.Helper()
	path := "/demandes/creteil/" + number
	s.follow(`a[href="` + path + `/reouverture"]`)
	s.fill("#text", "Elle est encore pleine.")
	s.follow("button[value=reopen]")
	s.leads(path)
	s.status(tickets.Ticket{Status: tickets.StatusInProgress})
	s.follow(`a[href="` + path + `/cloture"]`)
	s.fill("#text", "Videe depuis.")
	s.choose("#cause", "droits")
	s.follow("button[value=withdraw]")
	s.leads(path)
	s.status(tickets.Ticket{Status: tickets.StatusClosed, Closure: tickets.ClosedWithdrawn})
}

// several acts on two tickets at once.
func (s *teller) several() {
	s.t.Helper()
	who := person("creteil", "dominique")
	for _, text := range []string{"Un premier écran noir", "Un second écran noir"} {
		s.portal.open(s.t, who, tickets.Incident, tickets.Card{Description: text})
	}
	s.open("/incidents")
	for _, row := range []string{"1", "2"} {
		s.pick("#several tbody tr:nth-child(" + row + ") input")
	}
	s.follow("#several .buttons button")
	s.leads("/demandes/mise-a-jour")
	s.fill("#text", "Les deux sont du meme modele.")
	s.follow("main form button.main")
	s.leads("/incidents")
	s.is("#notice", s.words.N("web.several.update.done", 2))
}

// writeAndReadAnArticle writes, reviews, publishes, finds and votes.
func (s *teller) writeAndReadAnArticle() {
	s.t.Helper()
	s.become(person("creteil", "alix"))
	s.open("/connaissances")
	s.follow(`a[href="/connaissances/nouveau"]`)
	s.follow("button[value=submit]")
	s.is("#errors", "")
	s.onSummary()
	s.fill("#title", "Vider sa boite")
	s.fill("#summary", "En deux minutes.")
	s.choose("#topic", "messagerie/quota")
	s.fill("#body", "Ouvrez la corbeille, puis **videz-la**.")
	s.follow("button[value=preview]")
	s.is("#preview ~ .card strong", "videz-la")
	s.follow("button[value=submit]")
	s.is("#state", s.words.T("web.article.state.review"))
	versions := s.at()

	s.become(sacha("creteil"))
	s.open("/connaissances/redaction")
	s.follow(`a.number[href="` + versions + `"]`)
	s.follow("button[value=publish]")
	s.is(".article h1", "Vider sa boite")

	s.become(person("creteil", "dominique"))
	s.open("/")
	s.follow(`.menu a[href="/connaissances"]`)
	s.fill("#q", "corbeille")
	s.follow("form[role=search] button.main")
	s.follow(".articles a")
	s.leads(strings.TrimSuffix(versions, "/versions"))
	s.follow("button[value=yes]")
	s.is(`button[value=yes][aria-pressed=true]`, "")
}

func (s *teller) leave() {
	s.t.Helper()
	s.follow("#sign-out")
	s.leads("/connexion")
}
