package mail

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"cecoia.example/tickets"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var portal = tickets.NewPortal("https://portail.creteil.example")

func keyring(t testing.TB) *tickets.Keyring {
	t.Helper()
	k, err := tickets.NewKeyring(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func id(n byte) uuid.UUID { return uuid.UUID{15: n} }

// notice is one that Alix Exemple, who filed the ticket, gets from the desk.
func notice(tpl tickets.Template, lang tickets.Lang, text string) tickets.Notice {
	at := time.Date(2026, 11, 21, 9, 32, 0, 0, time.UTC)
	alix := tickets.Person{Academy: "creteil", ID: id(1), GivenName: "Alix", FamilyName: "Exemple", Email: "alix.exemple@creteil.example", Lang: lang}
	agent := tickets.Person{Academy: "creteil", ID: id(2), GivenName: "Dominique", FamilyName: "Modèle"}
	academy := tickets.Academy{
		ID: "creteil", Name: "Académie de Créteil", Timezone: "Europe/Paris",
		NoReply: "no-reply@creteil.example", Bounce: "bounce@creteil.example",
		Causes: []tickets.Choice{{Code: "panne", Name: tickets.Text{FR: "Panne", EN: "Breakdown"}}},
	}
	ticket := tickets.Ticket{
		Academy: "creteil", ID: id(7), Number: tickets.Number{Kind: tickets.Incident, Day: "261121", Rank: 7},
		Requester: alix.ID, Card: tickets.Card{Beneficiary: alix.ID, Summary: "Plus d’accès à la messagerie"},
		Status: tickets.StatusInProgress,
	}
	return tickets.Notice{
		Delivery: tickets.Delivery{
			Academy: "creteil", ID: id(9), Cause: id(8), Ticket: ticket.ID, Channel: tickets.Mail,
			Recipient: tickets.ToPerson(alix.ID), Template: tpl, Rule: "rule-of-" + string(tpl), CreatedAt: at, Attempts: 1,
		},
		Academy:   academy,
		Case:      tickets.Case{Ticket: ticket, People: map[uuid.UUID]tickets.Person{alix.ID: alix, agent.ID: agent}},
		Event:     tickets.Event{Ticket: ticket.ID, Actor: agent.ID, At: at, Text: text},
		Recipient: alix,
	}
}

func guidance(lang tickets.Lang, g tickets.Guidance) tickets.Notice {
	n := notice(tickets.TemplateGuidance, lang, "")
	g.Lang = lang
	n.Data, _ = json.Marshal(g)
	n.Delivery.Recipient, n.Recipient, n.Event = tickets.ToAddress("alix.exemple@creteil.example"), tickets.Person{}, tickets.Event{}
	if g.Generic {
		n.Case, n.Ticket = tickets.Case{}, uuid.Nil
	}
	return n
}

// linkCode is a notice of the code that links a chat account: it is about no ticket.
func linkCode(lang tickets.Lang) tickets.Notice {
	n := notice(tickets.TemplateLinkCode, lang, "")
	n.Case, n.Ticket, n.Event = tickets.Case{}, uuid.Nil, tickets.Event{}
	return n
}

func TestGolden(t *testing.T) {
	words := map[tickets.Template]string{
		tickets.TemplateOpenedForYou: "",
		tickets.TemplateTaken:        "",
		tickets.TemplateInformed:     "Le serveur redémarre à 14 h.\nMerci de votre patience.",
		tickets.TemplateAsked:        "Quel message s’affiche ?\n<script>alert(1)</script> & <b>gras</b>",
		tickets.TemplateResolved:     "Le compte était verrouillé : il ne l’est plus.",
	}
	for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
		for tpl, text := range words {
			golden(t, string(tpl)+"."+string(lang), notice(tpl, lang, text))
		}
		for name, n := range ended(lang) {
			golden(t, name+"."+string(lang), n)
		}
		refused := tickets.Guidance{
			MessageID: "reponse@creteil.example", References: []string{"premier@creteil.example"},
			Subject: "Re: [I261121_007] Demande de précisions", Quoted: "Le message est « quota dépassé ».\n> <b>x</b>",
		}
		golden(t, "guidance."+string(lang), guidance(lang, refused))
		resolved := guidance(lang, refused)
		resolved.Case.Status = tickets.StatusResolved
		golden(t, "guidance_resolved."+string(lang), resolved)
		closed := guidance(lang, refused)
		closed.Case.Status = tickets.StatusClosed
		golden(t, "guidance_closed."+string(lang), closed)
		refused.Generic = true
		golden(t, "guidance_generic."+string(lang), guidance(lang, refused))

		golden(t, "link_code."+string(lang), linkCode(lang))

		private := notice(tickets.TemplateAsked, lang, "Secret ?")
		private.Case.Private, private.Thread = true, "premier@creteil.example"
		golden(t, "private."+string(lang), private)
	}
}

// ended are the letters about a ticket's end and what comes after it, by name.
func ended(lang tickets.Lang) map[string]tickets.Notice {
	of := func(tpl tickets.Template, action tickets.Action, text string, d tickets.Detail) tickets.Notice {
		n := notice(tpl, lang, text)
		n.Thread = "premier@creteil.example"
		n.Event.Action, n.Event.Detail = action, d
		return n
	}
	causeless := of(tickets.TemplateClosed, tickets.ActionClose, "Sans nouvelles de votre part.", tickets.Detail{})
	reopenedByAnother := of(tickets.TemplateReopened, tickets.ActionReopen, "La panne est revenue.", tickets.Detail{})
	other := tickets.Person{Academy: "creteil", ID: id(3), GivenName: "Camille", FamilyName: "Spécimen"}
	reopenedByAnother.Case.People[other.ID] = other
	reopenedByAnother.Case.Beneficiary, reopenedByAnother.Event.Actor = other.ID, other.ID
	return map[string]tickets.Notice{
		"closed":            of(tickets.TemplateClosed, tickets.ActionClose, "Le poste a été remplacé.\n<b>gras</b>", tickets.Detail{Cause: "panne"}),
		"closed_causeless":  causeless,
		"merged":            of(tickets.TemplateMerged, tickets.ActionMerge, "", tickets.Detail{Into: "I261121_003"}),
		"merged_because":    of(tickets.TemplateMerged, tickets.ActionMerge, "Toute la salle est touchée.", tickets.Detail{Into: "I261121_003"}),
		"reopened":          of(tickets.TemplateReopened, tickets.ActionReopen, "Clôturée par erreur.", tickets.Detail{}),
		"reopened_by_party": reopenedByAnother,
		"reopened_unmerged": of(tickets.TemplateReopened, tickets.ActionUnmerge, "", tickets.Detail{}),
	}
}

// templates returns the templates that tickets/delivery.go says are for mail.
func templates(t *testing.T) []tickets.Template {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "tickets", "delivery.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []tickets.Template
	for _, m := range regexp.MustCompile(`Template\w+ +Template = "(\w+)" +// (.*)`).FindAllStringSubmatch(string(b), -1) {
		if strings.Contains(m[2], "mail:") {
			out = append(out, tickets.Template(m[1]))
		}
	}
	if len(out) < 8 {
		t.Fatalf("only %v: delivery.go is written in another way", out)
	}
	return out
}

func TestEveryTemplateForMailHasItsLetter(t *testing.T) {
	for _, tpl := range templates(t) {
		for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
			n := notice(tpl, lang, "texte")
			if tpl == tickets.TemplateGuidance {
				n = guidance(lang, tickets.Guidance{Quoted: "texte"})
			}
			if tpl == tickets.TemplateLinkCode {
				continue // about no ticket: TestTheLinkCode
			}
			p := parse(t, mustCompose(t, n))
			subject, err := p.header.Subject()
			if err != nil || !strings.HasPrefix(subject, "[I261121_007] ") || len(subject) < 20 {
				t.Errorf("%s: subject %q, %v", tpl, subject, err)
			}
			if !strings.Contains(p.text, portal.Ticket(n.Case.Ticket)) || strings.Contains(p.text+p.html+subject, "⟦") {
				t.Errorf("%s in %s:\n%s", tpl, lang, p.text)
			}
		}
	}
	if _, err := compose(notice("carrier_pigeon", "fr", ""), portal, keyring(t)); err == nil {
		t.Error("a template that is none has a letter")
	}
}

// Whatever the subject says, mail readers keep a ticket's mails together.
func TestAllMailsOfATicketAreOneThread(t *testing.T) {
	for name, n := range ended(tickets.French) {
		h := parse(t, mustCompose(t, n)).header
		if h.Get("References") != "<premier@creteil.example>" || h.Get("In-Reply-To") != "<premier@creteil.example>" {
			t.Errorf("%s: References %q, In-Reply-To %q", name, h.Get("References"), h.Get("In-Reply-To"))
		}
	}
}

func golden(t *testing.T, name string, n tickets.Notice) {
	t.Run(name, func(t *testing.T) {
		m, err := compose(n, portal, keyring(t))
		if err != nil {
			t.Fatal(err)
		}
		got := "MAIL FROM:<" + m.from + ">\r\nRCPT TO:<" + m.to + ">\r\n\r\n" + string(m.data)
		got = strings.ReplaceAll(got, "\r\n", "\n")
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("differs from %s (go test -update rewrites it):\n%s", file, got)
		}
	})
}

// parsed is a mail as its reader's program sees it.
type parsed struct {
	header     gomail.Header
	text, html string
}

func parse(t *testing.T, m mail) parsed {
	t.Helper()
	r, err := gomail.CreateReader(bytes.NewReader(m.data))
	if err != nil {
		t.Fatal(err)
	}
	p := parsed{header: r.Header}
	for _, into := range []*string{&p.text, &p.html} {
		part, err := r.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(part.Body)
		if err != nil {
			t.Fatal(err)
		}
		*into = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	if _, err := r.NextPart(); !errors.Is(err, io.EOF) {
		t.Fatalf("a third part, or %v", err)
	}
	return p
}

func mustCompose(t *testing.T, n tickets.Notice) mail {
	t.Helper()
	m, err := compose(n, portal, keyring(t))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestHeadersTieTheMailToItsTicketAndThread(t *testing.T) {
	n := notice(tickets.TemplateAsked, "fr", "Quoi ?")
	m := mustCompose(t, n)
	h := parse(t, m).header
	token := keyring(t).ReplyToken("creteil", n.Case.ID)
	for field, want := range map[string]string{
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", tickets.LoopHeader: "creteil",
		"Content-Language": "fr", "Message-Id": "<" + tickets.MessageID(n.Delivery, "creteil.example") + ">",
		"Reply-To": "<no-reply+" + token + "@creteil.example>", "In-Reply-To": "", "References": "",
	} {
		if got := h.Get(field); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
	if want := "bounce+" + keyring(t).BounceToken("creteil", n.ID) + "@creteil.example"; m.from != want {
		t.Errorf("envelope sender %q, want %q", m.from, want)
	}
	if got, ok := keyring(t).ParseReplyToken("creteil", token); !ok || got != n.Case.ID {
		t.Error("the token does not lead back to the ticket")
	}

	n.Thread = m.id
	n.ID = id(10)
	h = parse(t, mustCompose(t, n)).header
	if got := h.Get("In-Reply-To"); got != "<"+m.id+">" {
		t.Errorf("In-Reply-To %q", got)
	}
	if got := h.Get("Message-Id"); got == "<"+m.id+">" {
		t.Error("two deliveries share a Message-ID")
	}
}

func TestSameNoticeSameBytes(t *testing.T) {
	n := notice(tickets.TemplateResolved, "fr", "Fait.")
	first := mustCompose(t, n)
	n.Attempts = 5
	if second := mustCompose(t, n); !bytes.Equal(first.data, second.data) {
		t.Error("a second attempt is another mail")
	}
}

func TestPrivateTicketsRevealNothing(t *testing.T) {
	var subjects []string
	for _, tpl := range templates(t) {
		if tpl == tickets.TemplateGuidance || tpl == tickets.TemplateLinkCode {
			continue // it answers the reader's own words, or is about no ticket
		}
		n := notice(tpl, "fr", "SECRET")
		n.Case.Private, n.Case.Summary, n.Case.Description = true, "SECRET", "SECRET"
		n.Event.Detail = tickets.Detail{Cause: "panne", Into: "I261121_003"}
		m := mustCompose(t, n)
		p := parse(t, m)
		for _, leak := range []string{"SECRET", "Dominique", "Panne", "I261121_003", "reouverture", string(tpl)} {
			if strings.Contains(p.text+p.html+string(m.data), leak) {
				t.Errorf("%s shows %q", tpl, leak)
			}
		}
		subject, _ := p.header.Subject()
		subjects = append(subjects, subject)
		if !strings.Contains(p.text, portal.Ticket(n.Case.Ticket)) {
			t.Errorf("%s has no link", tpl)
		}
	}
	for _, s := range subjects {
		if s != subjects[0] {
			t.Errorf("the subject tells what happened: %q, %q", s, subjects[0])
		}
	}
}

func TestWordsFromOutsideCannotBreakTheMail(t *testing.T) {
	n := notice(tickets.TemplateAsked, "fr", "<img src=x onerror=alert(1)>\r\n.\r\nMAIL FROM:<x@x.example>")
	n.Recipient.GivenName = "Alix\r\nBcc: tous@creteil.example"
	n.Academy.Name = "Académie\r\nX-Evil: 1"
	p := parse(t, mustCompose(t, n))
	if p.header.Has("Bcc") || p.header.Has("X-Evil") {
		t.Error("a header was injected")
	}
	if strings.Contains(p.html, "<img") {
		t.Error("HTML survived")
	}
	if !strings.Contains(p.text, "> <img src=x onerror=alert(1)>\n> .\n> MAIL FROM:<x@x.example>") {
		t.Errorf("the words are not quoted as written:\n%s", p.text)
	}

	g := guidance("fr", tickets.Guidance{MessageID: "a>\r\nBcc: x@x.example", References: []string{"ok@x.example", "é", "b c"}, Quoted: "x"})
	h := parse(t, mustCompose(t, g)).header
	if h.Has("Bcc") || h.Has("In-Reply-To") || h.Get("References") != "<ok@x.example>" {
		t.Errorf("forged ids passed: %q %q", h.Get("In-Reply-To"), h.Get("References"))
	}
}

func TestGuidanceAnswersTheReplyWithoutAWayBack(t *testing.T) {
	g := guidance("fr", tickets.Guidance{MessageID: "r@x.example", References: []string{"a@x.example"}, Quoted: "mes mots"})
	m := mustCompose(t, g)
	if m.from != "" {
		t.Errorf("envelope sender %q, want the null one", m.from)
	}
	p := parse(t, m)
	for field, want := range map[string]string{
		"Auto-Submitted": "auto-replied", "In-Reply-To": "<r@x.example>", "References": "<a@x.example> <r@x.example>",
	} {
		if got := p.header.Get(field); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
	if !strings.Contains(p.text, portal.Update(g.Case.Ticket)) || !strings.Contains(p.text, "> mes mots") {
		t.Errorf("no link or no quotation:\n%s", p.text)
	}
}

func TestNoUsableAddressIsAnError(t *testing.T) {
	for _, address := range []string{"", "nobody", "a@b@c", "x\r\ny@creteil.example"} {
		n := notice(tickets.TemplateTaken, "fr", "")
		n.Recipient.Email = address
		if _, err := compose(n, portal, keyring(t)); err == nil {
			t.Errorf("%q: no error", address)
		}
	}
}

// The code is in the letter and nowhere else: neither in the subject, which is
// shown and logged on the way, nor in a header, nor in what is kept of the delivery.
func TestTheLinkCode(t *testing.T) {
	n := linkCode(tickets.French)
	code := keyring(t).LinkCode("creteil", n.Cause)
	m := mustCompose(t, n)
	p := parse(t, m)
	if !strings.Contains(p.text, "> "+code+"\n") || !strings.Contains(p.text, "/ticket compte "+code) || !strings.Contains(p.html, code) {
		t.Errorf("the code %s is not in\n%s", code, p.text)
	}
	for _, want := range []string{"10:42", "dix minutes", "Si vous n’avez rien demandé, ignorez"} {
		if !strings.Contains(p.text, want) {
			t.Errorf("%q is not in\n%s", want, p.text)
		}
	}
	if header, _, _ := strings.Cut(string(m.data), "\r\n\r\n"); strings.Contains(header, code) || len(n.Data) != 0 {
		t.Errorf("the code is in\n%s", header)
	}
	if m.from != "bounce+"+keyring(t).BounceToken("creteil", n.ID)+"@creteil.example" || p.header.Get("Reply-To") != "<no-reply@creteil.example>" {
		t.Errorf("from %s, Reply-To %s", m.from, p.header.Get("Reply-To"))
	}
	other := n
	other.Cause = id(77)
	if keyring(t).LinkCode("creteil", other.Cause) == code || keyring(t).LinkCode("paris", n.Cause) == code {
		t.Error("two requests, or two academies, share a code")
	}
}
