package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// portalAs signs a person in on the portal, in a browser of their own.
func portalAs(t *testing.T, d *demo, address string) *browser {
	t.Helper()
	b := openBrowser(t)
	b.open(d.url("CECOIA_PORTAL_ADDR", "/"))
	b.signIn(address)
	b.see("#count-validations", "0")
	return b
}

func (b *browser) signIn(address string) {
	b.t.Helper()
	b.fill("#identifier", address)
	b.fill("#password", demoPassword)
	b.submit("#signin button")
}

// chatAs opens the desk's channel in the chat.
func chatAs(t *testing.T, d *demo, user, channel string) *browser {
	t.Helper()
	b := openBrowser(t)
	b.openChat(d, user, channel)
	return b
}

func (b *browser) openChat(d *demo, user, channel string) {
	b.t.Helper()
	b.open(d.url("CECOIA_MATTERMOST_ADDR", "/chat?user="+user+"&channel="+channel))
	b.do("signing in to the chat", waitFor(`body[data-ready="true"]`))
}

// say types into the channel, as an agent does.
func (b *browser) say(words string) {
	b.t.Helper()
	b.fill("#message-box", words)
	b.click("#send")
}

// answered types a command and waits for an answer, to the author alone, with
// the words.
func (b *browser) answered(command string, words ...string) {
	b.t.Helper()
	before := eval[int](b, `document.querySelectorAll("#posts .ephemeral").length`)
	b.say(command)
	eventually(b.t, command, func() (bool, string) {
		n := eval[int](b, `document.querySelectorAll("#posts .ephemeral").length`)
		text := eval[string](b, `[...document.querySelectorAll("#posts .ephemeral")].at(-1)?.innerText ?? ""`)
		if n <= before {
			return false, text
		}
		for _, w := range words {
			if !strings.Contains(text, w) {
				return false, text
			}
		}
		return true, text
	})
}

// seeCard waits until a ticket's card, a post of the bot with its number, holds
// the words.
func (b *browser) seeCard(number string, words ...string) {
	b.t.Helper()
	eventually(b.t, "the card of "+number, func() (bool, string) {
		cards := eval[[]string](b, `[...document.querySelectorAll("#posts .post.bot:not(.ephemeral)")].map(e => e.innerText)`)
		for _, text := range cards {
			if !strings.Contains(text, number) {
				continue
			}
			for _, w := range words {
				if !strings.Contains(text, w) {
					return false, text
				}
			}
			return true, text
		}
		return false, strings.Join(cards, "\n--\n")
	})
}

// openMail opens a mailbox and waits for a mail whose subject holds the words;
// it opens that mail.
func (b *browser) openMail(d *demo, address string, words string) {
	b.t.Helper()
	eventually(b.t, "a mail «"+words+"» to "+address, func() (bool, string) {
		b.open(d.url("CECOIA_MAILBOX_ADDR", "/"))
		b.submit(`[data-mailbox="` + address + `"]`)
		found := eval[bool](b, `(() => { const m = [...document.querySelectorAll("[data-message]")].find(e => e.innerText.toLowerCase().includes(`+quote(words)+`)); if (m) (m.querySelector("a") ?? m).click(); return !!m })()`)
		return found, b.text("body")
	})
	b.do("opening the mail", waitFor("#reply"))
}

// TestTheStory lives the whole story in a browser, with the program killed
// twice in the middle of it.
func TestTheStory(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	d.start()
	story(t, d, "creteil", func() {
		d.kill()
		t.Logf("ready again after %s", d.start())
	})
	d.terminate()
}

// TestTheSameElsewhere is the story of the other academies, side by side.
func TestTheSameElsewhere(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	d.start()
	for _, academy := range []string{"paris", "versailles"} {
		t.Run(academy, func(t *testing.T) {
			t.Parallel()
			story(t, d, academy, func() {})
		})
	}
}

// story is what a newcomer lives: a ticket from the form to its validation.
// interrupt is called where something may happen to the program.
func story(t *testing.T, d *demo, academy string, interrupt func()) {
	t.Helper()
	requester := "demandeur@" + academy + ".example"
	document := filepath.Join(t.TempDir(), "ecran.txt")
	if err := os.WriteFile(document, []byte("Message affiché : aucun signal\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	// A person signs in and opens an incident; its number is there before it is sent.
	person := portalAs(t, d, requester)
	person.see("body", "Validations", "Incidents", "Services", "Nouvel incident", "Suivi des incidents")
	person.open(d.url("CECOIA_PORTAL_ADDR", "/incidents/nouveau"))
	number := strings.TrimSpace(person.text("#number"))
	if !strings.HasPrefix(number, "I") || !strings.HasSuffix(number, "_001") {
		t.Fatalf("the form shows the number %q", number)
	}
	if person.value("#place") == "" || person.value("#entity") == "" || person.value("#phone") == "" {
		t.Error("the identity is not filled in from the directory")
	}
	person.click("#urgency-1 + label, label[for=urgency-1]")
	person.submit(`button[name=do][value=continue]`)
	person.fill("#description", "Vie scolaire, bureau 12. L’écran de mon poste reste noir.")
	person.attach("#document", document)
	person.see("#documents", "ecran.txt") // sent at once, with a progress bar

	interrupt()
	person.open(d.url("CECOIA_PORTAL_ADDR", "/incidents/nouveau"))
	person.see("#unsent", number)
	person.submit("#unsent a.main") // "Reprendre"
	person.see("#number", number)
	person.submit(`button[name=do][value=continue]`)
	if got := person.value("#description"); !strings.Contains(got, "reste noir") {
		t.Fatalf("the description after kill -9: %q", got)
	}
	person.see("#documents", "ecran.txt")
	person.submit(`button[name=do][value=continue]`)
	person.click(`label[for=theme-poste]`)
	person.fill("#availability", "Tous les matins")
	person.fill("#other_phone", "01 99 00 94 99")
	person.submit(`button[name=do][value=continue]`)
	person.click(`label[for=subject-ecran]`)
	person.submit(`button[name=do][value=continue]`) // "Valider le choix"
	person.see("main", number, "reste noir", "Tous les matins", "01 99 00 94 99", "Poste de travail", "Écran, vidéoprojecteur", "ecran.txt")
	sent := time.Now()
	person.submit(`button[name=do][value=send]`)
	person.see("#number", number)

	// The desk sees the card; nothing private is on it.
	agent := chatAs(t, d, "agent."+academy, academy+"/assistance")
	agent.seeCard(number, "Poste de travail", "Nouveau", "Critique")
	t.Logf("the card was seen %s after sending, a browser's start included", time.Since(sent))
	for _, secret := range []string{"Dominique", "01 99 00", "reste noir"} {
		if strings.Contains(agent.text("#posts .post.bot"), secret) {
			t.Errorf("the card shows %q", secret)
		}
	}

	// An agent works it by commands; each is answered to its author alone.
	agent.answered("/ticket liste", number, "Poste de travail")
	agent.answered("/ticket prendre 1", number)
	agent.seeCard(number, "En cours", "Alix Démonstration")
	agent.picture("chat")
	agent.answered("/ticket prendre 1", number)
	agent.answered("/ticket voir 1", number, "Dominique Exemple", "reste noir", "01 99 00 94 99", "Tous les matins")
	agent.answered("/ticket note 1 Écran remplacé l’an dernier", number)
	mailbox := openBrowser(t)
	mailbox.openMail(d, requester, "pris en compte") // else the question may be told in the same mail
	agent.answered("/ticket demander 1 Le voyant est-il allumé ?", number, "Le voyant est-il allumé")
	agent.seeCard(number, "En attente de précisions")
	agent.answered("/ticket aide", "prendre", "résoudre", "liste")
	agent.answered("/ticket prendr 1", "prendre")
	agent.answered("/ticket voir I200101_999", "I200101_999")
	// The requester has their mails, and answers one, as people do.
	mailbox.openMail(d, requester, "précisions")
	mailbox.see("body", "Le voyant est-il allumé", "ne pas répondre à ce message")
	mailbox.submit("#reply")
	mailbox.do("writing above the quotation", setValue("#body", "Le voyant est orange.\n\n"+mailbox.value("#body")))
	mailbox.submit("#send")

	// The reply is refused, with guidance and a link; the words are kept.
	mailbox.openMail(d, requester, "votre réponse")
	mailbox.picture("guidance")
	link := eval[string](mailbox, `(document.body.innerHTML.match(/http:[^"'<\s]*mise-a-jour/) ?? [""])[0]`)
	if !strings.HasSuffix(link, "/demandes/"+academy+"/"+number+"/mise-a-jour") {
		t.Fatalf("the guidance links to %q", link)
	}
	elsewhere := openBrowser(t) // another device: the link needs sign-in
	elsewhere.open(link)
	elsewhere.signIn(requester)
	if got := elsewhere.value("#text"); got != "Le voyant est orange." {
		t.Fatalf("Mise à jour is prefilled with %q", got)
	}
	elsewhere.picture("draft")
	elsewhere.submit(`button[name=do][value=complement]`)
	elsewhere.see("#status", "En cours")
	agent.seeCard(number, "En cours")
	agent.openChat(d, "agent."+academy, "@cecoia")
	agent.see("#posts", number)
	agent.openChat(d, "agent."+academy, academy+"/assistance")

	// Resolved, refused, resolved again, validated.
	agent.answered("/ticket résoudre 1 Câble rebranché", number)
	agent.seeCard(number, "À valider")
	mailbox.openMail(d, requester, "à valider")
	mailbox.see("body", "Câble rebranché")
	oneThread(t, d, requester, number, 3)
	person.open(d.url("CECOIA_PORTAL_ADDR", "/validations"))
	person.see("main", number)
	person.open(d.url("CECOIA_PORTAL_ADDR", "/demandes/"+academy+"/"+number+"/validation"))
	person.fill("#text-refuse", "L’écran est encore noir")
	person.submit(`button[name=do][value=refuse]`)
	person.see("#status", "En cours")
	agent.seeCard(number, "En cours")

	interrupt()
	agent.openChat(d, "agent."+academy, academy+"/assistance")
	agent.answered("/ticket résoudre 1 Écran changé", number)
	person.open(d.url("CECOIA_PORTAL_ADDR", "/demandes/"+academy+"/"+number+"/validation"))
	person.click("label[for=rating-5]")
	person.submit(`button[name=do][value=validate]`)
	person.see("#status", "Clôturé")
	person.see("#timeline", "Prise en compte par Alix Démonstration", "Demande de précisions", "Le voyant est orange.",
		"Câble rebranché", "L’écran est encore noir", "Écran changé", "Validé par Dominique Exemple")
	if strings.Contains(person.text("main"), "Écran remplacé l’an dernier") {
		t.Error("the requester sees an internal note")
	}
	agent.seeCard(number, "Clôturé")
	person.picture("portal")
}

// oneThread holds that the desk's mails about a ticket, so many, have one subject
// and answer the first of them, which is how mail programs show them together.
func oneThread(t *testing.T, d *demo, address, number string, count int) {
	t.Helper()
	c, err := imapclient.DialInsecure(d.addr["CECOIA_IMAP_ADDR"], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(address, demoPassword).Wait(); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	all := imap.SeqSet{imap.SeqRange{Start: 1, Stop: box.NumMessages}}
	mails, err := c.Fetch(all, &imap.FetchOptions{Envelope: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	mails = slices.DeleteFunc(mails, func(m *imapclient.FetchMessageBuffer) bool {
		return !strings.HasPrefix(m.Envelope.Subject, "["+number+"]")
	})
	if len(mails) != count {
		t.Fatalf("%d mails about %s, want %d", len(mails), number, count)
	}
	first := mails[0].Envelope
	if len(first.InReplyTo) != 0 {
		t.Errorf("the first mail answers %q", first.InReplyTo)
	}
	for _, m := range mails[1:] {
		if e := m.Envelope; e.Subject != first.Subject || !slices.Equal(e.InReplyTo, []string{first.MessageID}) {
			t.Errorf("«%s» answers %q, not the first mail, «%s» %s", e.Subject, e.InReplyTo, first.Subject, first.MessageID)
		}
	}
}

func TestBeforeTheInterventionTheRequesterWithdraws(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	d.start()
	person := portalAs(t, d, "demandeur@paris.example")
	number := person.sendIncident(d, "Câble débranché par erreur")
	person.open(d.url("CECOIA_PORTAL_ADDR", "/demandes/paris/"+number+"/cloture"))
	agent := chatAs(t, d, "agent.paris", "paris/assistance")
	agent.seeCard(number, "Nouveau")
	agent.press(number, "prendre") // a card's button does what its command does
	agent.seeCard(number, "En cours", "Alix Démonstration")
	agent.see("#posts .ephemeral", number)
	agent.press(number, "voir")
	agent.see("#posts .ephemeral", "Câble débranché par erreur")
	person.fill("#text", "Le câble était débranché")
	person.submit(`button[name=do][value=withdraw]`)
	person.see("#status", "Clôturé")
	agent.seeCard(number, "Clôturé")
	agent.answered("/ticket prendre 1", "clôturé par Dominique Exemple")
}

// sendIncident fills in the form with as little as it takes, and sends it.
func (b *browser) sendIncident(d *demo, description string) string {
	b.t.Helper()
	b.open(d.url("CECOIA_PORTAL_ADDR", "/incidents/nouveau"))
	number := strings.TrimSpace(b.text("#number"))
	b.submit(`button[name=do][value=continue]`)
	b.fill("#description", description)
	b.submit(`button[name=do][value=continue]`)
	b.submit(`button[name=do][value=continue]`)
	b.submit(`button[name=do][value=send]`)
	b.see("#number", number)
	return number
}

func TestAcademiesDoNotMeet(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	d.start()
	here := portalAs(t, d, "demandeur@creteil.example")
	number := here.sendIncident(d, "Imprimante en panne à Créteil")
	there := portalAs(t, d, "demandeur@versailles.example")
	theirs := there.sendIncident(d, "Imprimante en panne à Versailles")
	if number != theirs {
		t.Fatalf("each academy counts its own tickets: %s and %s", number, theirs)
	}
	there.open(d.url("CECOIA_PORTAL_ADDR", "/demandes/creteil/"+number))
	if text := there.text("body"); strings.Contains(text, "Créteil") && strings.Contains(text, "Imprimante") {
		t.Errorf("Versailles sees Créteil's ticket:\n%s", text)
	}
	agent := chatAs(t, d, "agent.versailles", "versailles/assistance")
	agent.seeCard(number)
	agent.answered("/ticket voir 1", "Versailles")
	if text := agent.text("#posts"); strings.Contains(text, "à Créteil") {
		t.Errorf("Versailles' chat shows Créteil's ticket:\n%s", text)
	}
	paris := chatAs(t, d, "agent.paris", "paris/assistance")
	paris.answered("/ticket voir "+number, number)
	if text := paris.text("#posts"); strings.Contains(text, "Imprimante") {
		t.Errorf("Paris sees a ticket of another academy:\n%s", text)
	}
}
