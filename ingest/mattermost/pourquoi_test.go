package mattermost

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// tell delivers all that is owed by chat to the recipient of the ticket, as the
// post of that id.
func (w *world) tell(cs tickets.Case, to tickets.Recipient, post string) {
	w.t.Helper()
	for {
		rows, err := w.db.Pool().Query(w.t.Context(), `SELECT id FROM deliveries WHERE ticket = $1 AND channel = 'chat' AND recipient = $2 ORDER BY seq LIMIT 1`, cs.ID, to)
		if err != nil {
			w.t.Fatal(err)
		}
		var receipts []tickets.Receipt
		for rows.Next() {
			r := tickets.Receipt{Academy: cs.Academy, Outcome: tickets.Delivered, Thread: post, At: w.tick()}
			if err := rows.Scan(&r.Delivery); err != nil {
				w.t.Fatal(err)
			}
			receipts = append(receipts, r)
		}
		rows.Close()
		if len(receipts) == 0 {
			return
		}
		if _, err := w.db.Record(w.t.Context(), cs.Academy, receipts); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestPourquoi(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{})
	edith := tickets.ToPerson(person("creteil", "edith").ID)
	w.say("creteil", "agent", "affecter 1 @edith")
	w.tell(cs, tickets.ToGroup("desk"), id("card"))
	w.tell(cs, edith, id("message"))
	w.say("creteil", "agent", "note 1 @edith, une idée ?") // waits

	inThread := []string{"root_id", id("message")}
	said := w.say("creteil", "edith", "why", inThread...)
	wants(t, "the direct message", said, "Why these messages about I261121_001?", "- 21 Nov 2026 at 12:00 · Assigned by Alix Modèle: because the ticket was assigned to you.",
		"- waiting · Internal note by Alix Modèle: because a note mentions you.", "The ticket has been yours since 21 Nov 2026 at 12:00.", "`/ticket notify mention never`")
	for _, typed := range []string{"pourquoi 1", "why this message?", "why ?", "WHY #1", "why?", "Why 1?", "« pourquoi » 1"} {
		if got := w.say("creteil", "edith", typed, inThread...); got != said {
			t.Errorf("%q:\n%s", typed, got)
		}
	}
	if got := w.say("creteil", "edith", "why 1"); got != said {
		t.Errorf("by its number, elsewhere:\n%s", got)
	}
	wants(t, "the card", w.say("creteil", "edith", "why", "root_id", id("card")), "Why is I261121_001 in the channel of Help desk?",
		"Filed by Dominique Exemple: because a ticket’s card follows all that happens to it, in your group’s channel.", "cannot be tuned")
	wants(t, "whoever was told nothing themselves", w.say("creteil", "supervisor", "pourquoi 1"), "Pourquoi la demande I261121_001 est-elle dans le canal « Assistance »")
	// Somebody else's direct message is not told about.
	if got := w.say("creteil", "supervisor", "pourquoi", inThread...); strings.Contains(got, "confiée") || !strings.Contains(got, "Assistance") {
		t.Errorf("of another's message:\n%s", got)
	}
	wants(t, "another academy's", w.say("paris", "edith", "why I261121_001"), "There is no ticket")
	wants(t, "no ticket", w.say("creteil", "agent", "pourquoi"), "Usage")
	wants(t, "words", w.say("creteil", "agent", "pourquoi 1 le ciel est bleu"), "Usage")
	w.say("creteil", "edith", "take 1")
	w.say("creteil", "edith", "release 1")
	wants(t, "no more theirs", w.say("creteil", "edith", "why", inThread...), "not yours, or no longer")

	untold := w.open("creteil", tickets.Card{})
	if _, err := w.db.Pool().Exec(t.Context(), `DELETE FROM deliveries WHERE ticket = $1`, untold.ID); err != nil {
		t.Fatal(err)
	}
	wants(t, "nothing", w.say("creteil", "agent", "pourquoi 2"), "Rien ne vous a été envoyé ici sur I261121_002")
}

// The button under a direct message asks the same as the verb in its thread.
func TestTheButtonPourquoi(t *testing.T) {
	w := newWorld(t)
	cs := w.open("creteil", tickets.Card{})
	w.say("creteil", "agent", "affecter 1 @edith")
	w.tell(cs, tickets.ToPerson(person("creteil", "edith").ID), id("message"))
	button := func(op string) map[string]any {
		return w.keyring.ButtonContext(tickets.Button{Operation: op, Academy: "creteil", Ticket: cs.ID, Channel: id("direct"), Expires: noon.Add(time.Hour)})
	}
	edith := account("creteil", "edith")
	wants(t, "pourquoi", w.clicked(edith, id("message"), id("direct"), button("pourquoi")), "because the ticket was assigned to you")
	wants(t, "on another post", w.clicked(edith, id("elsewhere"), id("direct"), button("pourquoi")), "n’est plus valable")
	w.say("creteil", "edith", "take 1")
	wants(t, "rendre", w.clicked(edith, id("message"), id("direct"), button("rendre")), "I261121_001 is given back to the team Help desk.")
}

// Whatever the policy decides, somebody who asks why gets a sentence.
func TestEveryRuleHasItsSentence(t *testing.T) {
	var rules []string
	for file, patterns := range map[string][]string{
		"policy.go":  {`(?:tell|mailParties|messageAssignee|alert)\([^\n]*"([\w-]+)"\)`},
		"inbox.go":   {`Rule: +"([\w-]+)"[,}]`},
		"linking.go": {`Rule: +"([\w-]+)"[,}]`},
	} {
		b, err := os.ReadFile(filepath.Join("..", "..", "tickets", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, pattern := range patterns {
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(b), -1) {
				rules = append(rules, m[1])
			}
		}
	}
	if len(rules) < 17 {
		t.Fatalf("only %v: they are written in another way", rules)
	}
	for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
		p := locale.For(lang, nil)
		for _, rule := range rules {
			if said := p.Why(rule); strings.Contains(said, rule) || strings.Contains(said, "⟦") {
				t.Errorf("%s has no sentence in %s: %s", rule, lang, said)
			}
		}
		if said := p.Why("rule-of-another-version"); !strings.Contains(said, "(rule-of-another-version)") {
			t.Errorf("an unknown rule: %s", said)
		}
	}
}

// News in the thread of a direct message have the button too: the click names a
// post that no ticket is recorded for, in the thread of one that is.
func TestTheButtonPourquoiOnNewsInTheThread(t *testing.T) {
	author := map[string]string{id("news"): id("bot"), id("forged"): id("somebody")}
	chat := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		post, isPost := strings.CutPrefix(r.URL.Path, "/api/v4/posts/")
		switch {
		case r.URL.Path == "/api/v4/users/me":
			fmt.Fprintf(rw, `{"id":%q,"username":"cecoia"}`, id("bot"))
		case isPost && author[post] != "":
			fmt.Fprintf(rw, `{"id":%q,"user_id":%q,"root_id":%q}`, post, author[post], id("message"))
		default:
			http.Error(rw, `{"id":"none","status_code":404}`, http.StatusNotFound)
		}
	}))
	t.Cleanup(chat.Close)
	w := newWorld(t, func(o *Options) { o.BaseURL, o.BotToken = chat.URL, "token" })
	cs := w.open("creteil", tickets.Card{})
	w.say("creteil", "agent", "affecter 1 @edith")
	w.tell(cs, tickets.ToPerson(person("creteil", "edith").ID), id("message"))
	click := func(op, post string) string {
		return w.clicked(account("creteil", "edith"), post, id("direct"), w.keyring.ButtonContext(tickets.Button{
			Operation: op, Academy: "creteil", Ticket: cs.ID, Channel: id("direct"), Expires: noon.Add(time.Hour),
		}))
	}
	wants(t, "the news", click("pourquoi", id("news")), "because the ticket was assigned to you")
	wants(t, "the message", click("pourquoi", id("message")), "because the ticket was assigned to you")
	wants(t, "somebody's post in the thread", click("pourquoi", id("forged")), "n’est plus valable")
	wants(t, "another button, copied to the news", click("rendre", id("news")), "n’est plus valable")
}
