package mail

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gomail "github.com/emersion/go-message/mail"

	"cecoia.example/deploy/local/wait"
	"cecoia.example/tickets"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { wait.Main(m) }

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
			if tpl == tickets.TemplateLinkCode || tpl == tickets.TemplateEscalated || tpl == tickets.TemplateRoundup {
				continue // about no ticket: TestTheLinkCode, TestGolden
			}
			p := parse(t, mustCompose(t, n))
			subject, err := p.header.Subject()
			if err != nil || !strings.HasPrefix(strings.TrimPrefix(subject, "Re: "), "[I261121_007] ") || len(subject) < 20 {
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

// Of a private ticket every mail is the same but for what tells mails apart:
// whatever happened, whoever did it, whatever was written.
func TestPrivateTicketsRevealNothing(t *testing.T) {
	const secret = "SECRET"
	for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
		var first parsed
		for name, n := range letters(lang) {
			n = private(everywhere(n, secret))
			n.Recipient.GivenName, n.Recipient.FamilyName, n.Academy.Name, n.Thread = "Alix", "Exemple", "Académie", ""
			m := mustCompose(t, n)
			p := parse(t, m)
			for _, leak := range []string{secret, "Camille", "Dominique", "Panne", "I261121_003", "reouverture", "mise-a-jour", string(n.Template), "Rule"} {
				if strings.Contains(p.text+p.html+string(m.data), leak) {
					t.Errorf("%s in %s shows %q", name, lang, leak)
				}
			}
			if first.text == "" {
				first = p
			}
			if p.text != first.text || p.html != first.html || p.header.Get("Subject") != first.header.Get("Subject") {
				t.Errorf("%s in %s differs from another:\n%s", name, lang, p.text)
			}
			if !strings.Contains(p.text, portal.Ticket(n.Case.Ticket)) {
				t.Errorf("%s has no link", name)
			}
		}
		for name, n := range guidances(lang) {
			n = private(everywhere(n, secret))
			if n.Academy.Name = "Académie"; strings.Contains(mustText(t, n), secret) && name != "guidance_generic" { // it is of no ticket
				t.Errorf("%s in %s shows the words of a private ticket", name, lang)
			}
		}
	}
}

func mustText(t *testing.T, n tickets.Notice) string {
	t.Helper()
	p := parse(t, mustCompose(t, n))
	return p.text + p.html
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
