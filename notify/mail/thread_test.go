package mail

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// life is every mail of one ticket to one person, in order, as notify has them
// sent: each knows the thread that the first one made.
func life(t *testing.T, lang tickets.Lang, recipient tickets.Person, private bool) []parsed {
	t.Helper()
	var out []parsed
	thread := ""
	for i, tpl := range []tickets.Template{
		tickets.TemplateOpenedForYou, tickets.TemplateTaken, tickets.TemplateInformed, tickets.TemplateAsked, tickets.TemplateResolved,
		tickets.TemplateReminded, tickets.TemplateClosed, tickets.TemplateReopened, tickets.TemplateMerged,
	} {
		n := notice(tpl, lang, "mots")
		n.Recipient, n.Delivery.Recipient = recipient, tickets.ToPerson(recipient.ID)
		n.ID = uuid.UUID{14: recipient.ID[15], 15: byte(100 + i)}
		n.CreatedAt = n.CreatedAt.Add(time.Duration(i) * time.Hour)
		n.Case.Private, n.Thread = private, thread
		m := mustCompose(t, n)
		if thread == "" {
			thread = m.id
		}
		out = append(out, parse(t, m))
	}
	// Their reply is refused, and answered.
	reply := guidance(lang, tickets.Guidance{MessageID: "reponse@creteil.example", References: []string{thread}, Subject: "Re: …"})
	reply.Case.Private, reply.ID = private, uuid.UUID{14: recipient.ID[15], 15: 200}
	return append(out, parse(t, mustCompose(t, reply)))
}

// A ticket's mails to one person are one conversation in every mail program,
// whether it goes by References (JWZ's algorithm, RFC 5256), by the subject, or,
// as Gmail, by both.
func TestATicketsMailsAreOneConversation(t *testing.T) {
	people := []tickets.Person{notice(tickets.TemplateTaken, "fr", "").Recipient, {ID: id(3), GivenName: "Camille", Email: "camille@creteil.example"}}
	for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
		for _, private := range []bool{false, true} {
			name := fmt.Sprintf("%s, private %t", lang, private)
			roots := map[string]bool{}
			for _, person := range people {
				person.Lang = lang
				mails := life(t, lang, person, private)
				byReferences, bySubject := jwz(t, mails), map[string]bool{}
				for _, p := range mails {
					bySubject[base(t, p)] = true
				}
				if len(byReferences) != 1 || len(bySubject) != 1 {
					t.Errorf("%s: threads %v by References, %v by subject", name, byReferences, bySubject)
				}
				for root := range byReferences {
					if roots[root] {
						t.Errorf("%s: two people share a thread", name)
					}
					roots[root] = true
				}
			}
		}
	}
}

// jwz returns the roots of the threads that the mails make: each hangs under the
// last of its References that is in the mailbox or is named, In-Reply-To when it
// has none (https://www.jwz.org/doc/threading.html, steps 1 and 2).
func jwz(t *testing.T, mails []parsed) map[string]bool {
	t.Helper()
	parent := map[string]string{}
	for _, p := range mails {
		id := ids(p.header.Get("Message-Id"))
		if len(id) != 1 {
			t.Fatalf("Message-ID %q", id)
		}
		chain := ids(p.header.Get("References"))
		replyTo := ids(p.header.Get("In-Reply-To"))
		if len(replyTo) > 1 {
			t.Errorf("In-Reply-To names %q", replyTo)
		}
		if len(chain) == 0 {
			chain = replyTo
		}
		chain = append(chain, id[0])
		for i := 1; i < len(chain); i++ {
			if _, hangs := parent[chain[i]]; !hangs || i == len(chain)-1 {
				parent[chain[i]] = chain[i-1]
			}
		}
		if _, known := parent[chain[0]]; !known {
			parent[chain[0]] = ""
		}
	}
	roots := map[string]bool{}
	for id, above := range parent {
		if above == "" {
			roots[id] = true
		}
	}
	return roots
}

var msgID = regexp.MustCompile(`<[^<>\s]+>`)

func ids(field string) []string { return msgID.FindAllString(field, -1) }

// base is the subject without what an answer puts before it (RFC 5256 section 2.1).
func base(t *testing.T, p parsed) string {
	t.Helper()
	subject, err := p.header.Subject()
	if err != nil {
		t.Error(err)
	}
	return strings.ToLower(strings.TrimPrefix(subject, "Re: "))
}
