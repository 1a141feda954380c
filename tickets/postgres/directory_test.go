package postgres_test

import (
	"strings"
	"testing"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

func TestApply(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	creteil, paris := academy("creteil"), academy("paris")
	changed, err := w.Apply(ctx, []tickets.Academy{paris, creteil}, noon)
	if err != nil || len(changed) != 0 {
		t.Errorf("the same again changed %v, %v", changed, err)
	}
	paris.Welcome.FR = "Bonjour"
	changed, err = w.Apply(ctx, []tickets.Academy{paris, academy("versailles"), creteil}, noon)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "changed", changed, []tickets.AcademyID{"paris", "versailles"})
	got, err := w.Academy(ctx, "paris")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "paris", got, paris)
	all, err := w.Academies(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "all", all, []tickets.Academy{creteil, paris, academy("versailles")})
	_, err = w.Academy(ctx, "lyon")
	code(t, "another", err, tickets.NotFound)
}

func TestPeople(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	sylvie := person("creteil", "sylvie")
	got, err := w.Person(ctx, "creteil", sylvie.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "sylvie", got, sylvie)
	_, err = w.Person(ctx, "paris", sylvie.ID)
	code(t, "elsewhere", err, tickets.NotFound)

	// Imported again: replaced, memberships too; the password stays.
	sylvie.Phone, sylvie.Email, sylvie.Memberships = "2", "sylvie.modele@creteil.example", []tickets.Membership{{Group: "network", Role: tickets.RoleAgent}}
	entry := postgres.Entry{Person: sylvie}
	entry.Email = "Sylvie.MODELE@creteil.example"
	must(t)(nil, w.ImportPeople(ctx, "creteil", []postgres.Entry{entry}))
	got, hash, err := w.Credentials(ctx, "creteil", " SYLVIE.modele@CRETEIL.example ")
	if err != nil || hash != "hash of sylvie" {
		t.Errorf("credentials: %q, %v", hash, err)
	}
	same(t, "replaced", got, sylvie)
	got, _, err = w.Credentials(ctx, "creteil", "Sylvie")
	if err != nil || got.ID != sylvie.ID {
		t.Errorf("by login: %v, %v", got.ID, err)
	}
	for _, unknown := range []string{"", "sylvie@creteil.example", "sylvie@paris.example", "\x00\xff", "%"} {
		_, _, err = w.Credentials(ctx, "creteil", unknown)
		code(t, "credentials of "+unknown, err, tickets.NotFound)
	}

	// Those who left are found no longer, but still named.
	c := w.open(t, "creteil", tickets.Card{})
	must(t)(nil, w.exec(t, `UPDATE people SET active = false WHERE academy = 'creteil' AND login = 'claire'`))
	claire := person("creteil", "claire")
	_, err = w.Person(ctx, "creteil", claire.ID)
	code(t, "who left", err, tickets.NotFound)
	_, _, err = w.Credentials(ctx, "creteil", "claire")
	code(t, "credentials of who left", err, tickets.NotFound)
	seen, err := w.Case(ctx, sylvie, c.Number.Ref())
	if err != nil || seen.Who(claire.ID).Name() != claire.Name() {
		t.Errorf("the requester who left: %v, %v", seen.People, err)
	}
}

// Two people may change addresses within one import, but not share one.
func TestImportOfSharedAddresses(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	claire, denis := person("creteil", "claire"), person("creteil", "denis")
	claire.Email, denis.Email = denis.Email, claire.Email
	must(t)(nil, w.ImportPeople(ctx, "creteil", []postgres.Entry{{Person: claire}, {Person: denis}}))
	got, _, err := w.Credentials(ctx, "creteil", "denis@creteil.example")
	if err != nil || got.ID != claire.ID {
		t.Errorf("who has the address: %v, %v", got.Login, err)
	}
	agathe := person("creteil", "agathe")
	agathe.GivenName, agathe.Email = "Autre", claire.Email
	err = w.ImportPeople(ctx, "creteil", []postgres.Entry{{Person: agathe}})
	if err == nil || !strings.Contains(err.Error(), claire.Email) {
		t.Errorf("a shared address: %v, want it named", err)
	}
	if got, err := w.Person(ctx, "creteil", agathe.ID); err != nil || got.GivenName != "Agathe" {
		t.Errorf("half imported: %v, %v", got, err)
	}
	// Without a login or an address people do not collide.
	a, b := person("creteil", "a1"), person("creteil", "b1")
	a.Login, a.Email, b.Login, b.Email = "", "", "", ""
	must(t)(nil, w.ImportPeople(ctx, "creteil", []postgres.Entry{{Person: a}, {Person: b}}))
}

func TestAccounts(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	agathe, aurel := person("creteil", "agathe"), person("creteil", "aurel")
	is := func(account, login string) {
		t.Helper()
		p, err := w.PersonByAccount(ctx, "creteil", tickets.Chat, account)
		if login == "" {
			code(t, account, err, tickets.NotFound)
		} else if err != nil || p.Login != login {
			t.Errorf("%s is %s, %v, want %s", account, p.Login, err, login)
		}
	}
	is("u1", "")
	for range 2 {
		must(t)(nil, w.LinkAccount(ctx, "creteil", agathe.ID, tickets.Chat, "u1"))
	}
	is("u1", "agathe")
	must(t)(nil, w.LinkAccount(ctx, "creteil", agathe.ID, tickets.Chat, "u2"))
	is("u1", "")
	is("u2", "agathe")
	code(t, "a stranger", w.LinkAccount(ctx, "creteil", newID(), tickets.Chat, "u2"), tickets.NotFound)
	is("u2", "agathe")
	must(t)(nil, w.LinkAccount(ctx, "creteil", aurel.ID, tickets.Chat, "u2"))
	is("u2", "aurel")
	for a, ch := range map[tickets.AcademyID]tickets.Channel{"paris": tickets.Chat, "creteil": tickets.Mail} {
		_, err := w.PersonByAccount(ctx, a, ch, "u2")
		code(t, "elsewhere", err, tickets.NotFound)
	}
}
