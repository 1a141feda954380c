package postgres_test

import (
	"testing"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

func TestTheLanguageChosenOutlivesAnImport(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	sylvie := person("creteil", "sylvie")
	must(t)(nil, w.SetLang(ctx, "creteil", sylvie.ID, tickets.English))
	must(t)(nil, w.ImportPeople(ctx, "creteil", []postgres.Entry{{Person: sylvie}}))
	sylvie.Lang = tickets.English
	got, err := w.Person(ctx, "creteil", sylvie.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "sylvie", got, sylvie)
	everybody, err := w.People(ctx, "creteil", []uuid.UUID{sylvie.ID})
	if err != nil || everybody[sylvie.ID].Lang != tickets.English {
		t.Errorf("among others: %+v, %v", everybody, err)
	}
	code(t, "elsewhere", w.SetLang(ctx, "paris", sylvie.ID, tickets.French), tickets.NotFound)
}

func TestWhoIsDeactivatedIsNobodyUntilAnImport(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	alix := person("creteil", "sylvie")
	must(t)(nil, w.LinkAccount(ctx, "creteil", alix.ID, tickets.Chat, "account"))
	code(t, "elsewhere", w.Deactivate(ctx, "paris", alix.ID), tickets.NotFound)
	must(t)(nil, w.Deactivate(ctx, "creteil", alix.ID))
	_, err := w.Person(ctx, "creteil", alix.ID)
	code(t, "the person", err, tickets.NotFound)
	_, _, err = w.Credentials(ctx, "creteil", alix.Email)
	code(t, "credentials", err, tickets.NotFound)
	_, err = w.PersonByAccount(ctx, "creteil", tickets.Chat, "account")
	code(t, "the account", err, tickets.NotFound)
	code(t, "a choice", w.SetLang(ctx, "creteil", alix.ID, tickets.French), tickets.NotFound)
	code(t, "twice", w.Deactivate(ctx, "creteil", alix.ID), tickets.NotFound)
	named, err := w.People(ctx, "creteil", []uuid.UUID{alix.ID})
	if err != nil || named[alix.ID].Name() != alix.Name() || named[alix.ID].Agent() {
		t.Errorf("what they did bears %+v, %v", named, err)
	}
	must(t)(nil, w.ImportPeople(ctx, "creteil", []postgres.Entry{{Person: alix}}))
	if _, hash, err := w.Credentials(ctx, "creteil", alix.Email); err != nil || hash != "" {
		t.Errorf("back with the password %q, %v", hash, err)
	}
}
