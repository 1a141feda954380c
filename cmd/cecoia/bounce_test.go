package main

import (
	"bytes"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cecoia.example/deploy/example"
	"cecoia.example/deploy/local/mail"
	"cecoia.example/deploy/local/postgres/postgrestest"
	"cecoia.example/deploy/local/redis/redistest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

var mutingIn = regexp.MustCompile(`name="muting" value="([0-9a-f-]{36})"`)

// TestAnAddressThatIsGone is a person whose mailbox is no more: the site's mail
// server says so by a report, or at once. They read it on the portal, nothing
// more is sent; they say that it is over, what waits for them is sent anew, and
// comes back again.
func TestAnAddressThatIsGone(t *testing.T) {
	t.Parallel()
	for name, reports := range map[string]bool{"by a report": true, "in the session": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDemo(t) // for its free ports and its folder
			databaseURL := postgrestest.New(t, "cecoia", postgres.Migrate)
			db, err := postgres.Open(t.Context(), postgres.Options{URL: databaseURL, MaxConns: 4})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(db.Close)
			academies, err1 := parseDeskFile(example.Desk, example.Logos)
			people, err2 := parsePeople(bytes.NewReader(example.People))
			if err := errors.Join(err1, err2, seedDemo(t.Context(), db, academies, people)); err != nil {
				t.Fatal(err)
			}
			post, err := mail.Start(t.Context(), mail.Options{AcceptUnknown: reports, Accounts: []mail.Account{
				{Address: "no-reply@creteil.example", Password: "x"}, {Address: "bounce@creteil.example", Password: "x"},
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer post.Close(t.Context())
			mailbox := url.URL{Scheme: "imap", User: url.UserPassword("bounce@creteil.example", "x"), Host: post.IMAPAddr(), RawQuery: "tls=none"}
			serveRoles(t, []string{
				"CECOIA_DATA=" + d.data, "CECOIA_DATABASE_URL=" + databaseURL, "CECOIA_REDIS_URL=" + redistest.New(t).URL(),
				"CECOIA_PORTAL_ADDR=" + d.addr["CECOIA_PORTAL_ADDR"], "CECOIA_HOOKS_ADDR=127.0.0.1:0", "CECOIA_OPS_ADDR=127.0.0.1:0",
				"CECOIA_SMTP_URL=smtp://" + post.SMTPAddr() + "?tls=none", "CECOIA_BOUNCE_IMAP_URL_CRETEIL=" + mailbox.String(),
			}, "web,ingest,notify,clock")

			desk := tickets.NewDesk(tickets.Options{Store: db})
			caller := func(login string) tickets.Caller {
				for _, p := range people {
					if p.Academy == "creteil" && p.Login == login {
						return tickets.Caller{Person: p, Origin: tickets.FromPortal}
					}
				}
				t.Fatalf("no %s", login)
				return tickets.Caller{}
			}
			c, err := desk.Open(t.Context(), caller("demandeur"), tickets.Incident, tickets.Card{Description: "Écran noir", Theme: academies[0].Themes[0].Code})
			if err == nil {
				_, err = desk.Do(t.Context(), caller("agent"), c.Number.Ref(), tickets.ActionAsk, tickets.Input{Text: "Quel écran ?"})
			}
			if err != nil {
				t.Fatal(err)
			}

			person, _ := visitorAs(t, d, "demandeur@creteil.example", demoPassword)
			var muting string
			banner := func(what, not string) {
				t.Helper()
				eventually(t, what, func() (bool, string) {
					_, page := person.get("/")
					m := mutingIn.FindStringSubmatch(page)
					if m == nil || m[1] == not {
						return false, "no banner"
					}
					muting = m[1]
					return strings.Contains(page, "n’arrivons plus à vous écrire à demandeur@creteil.example"), tail(page, 600)
				})
			}
			count := func(sql string) (n int) {
				t.Helper()
				if err := db.Pool().QueryRow(t.Context(), sql).Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			banner("the banner", uuid.Nil.String())
			if n := len(post.Messages("bounce@creteil.example")); (n > 0) != reports {
				t.Errorf("%d reports", n)
			}
			eventually(t, "the alert to supervisors", func() (bool, string) { // it comes after the banner
				return count(`SELECT count(*) FROM signals WHERE rule = 'address_muted'`) == 1, ""
			})

			// What is owed meanwhile is not sent, and says why.
			if _, err := desk.Do(t.Context(), caller("agent"), c.Number.Ref(), tickets.ActionResolve, tickets.Input{Text: "Câble rebranché."}); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the mail that is not sent", func() (bool, string) {
				return count(`SELECT count(*) FROM delivery_log WHERE template = 'resolved' AND outcome = 'suppressed' AND NOT dead AND error LIKE '%muted since%5.1.1'`) == 1, ""
			})

			first := muting
			_, page := person.post("/adresse", url.Values{"muting": {muting}, "return": {"/"}})
			if m := mutingIn.FindStringSubmatch(page); m != nil && m[1] == first || !strings.Contains(page, "Le message qui attend votre réponse vous est renvoyé.") {
				t.Errorf("after the button: %s", tail(page, 1500))
			}
			banner("the banner again, as the mail came back again", first)
			if n := count(`SELECT count(*) FROM mutings WHERE ended_by IS NOT NULL`); n != 1 {
				t.Errorf("%d confirmations kept", n)
			}
			if reports {
				eventually(t, "the reports filed", func() (bool, string) {
					filed := 0
					for _, m := range post.Messages("bounce@creteil.example") {
						if m.Folder == "Rebonds" {
							filed++
						}
					}
					return filed == 2, ""
				})
			}
		})
	}
}
