package postgres_test

import (
	"testing"
	"time"

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

func TestWhatIsChosenOfDirectMessagesOutlivesAnImport(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	agathe := person("creteil", "agathe")
	d, err := w.DirectMessages(ctx, "creteil", agathe.ID)
	must(t)(nil, err)
	same(t, "nothing chosen", d, tickets.DirectMessages{})
	chosen := tickets.DirectMessages{
		Paces:  map[tickets.Template]tickets.Pace{tickets.TemplateComplement: tickets.PaceDigest},
		Quiet:  tickets.Quiet{From: 18 * 60, To: 8 * 60},
		Digest: []tickets.Minute{9 * 60, 830},
	}
	must(t)(nil, w.SetDirectMessages(ctx, "creteil", agathe.ID, chosen))
	must(t)(nil, w.ImportPeople(ctx, "creteil", []postgres.Entry{{Person: agathe}}))
	d, err = w.DirectMessages(ctx, "creteil", agathe.ID)
	must(t)(nil, err)
	same(t, "chosen", d, chosen)
	d, err = w.DirectMessages(ctx, "paris", person("paris", "agathe").ID)
	must(t)(nil, err)
	same(t, "another academy's", d, tickets.DirectMessages{})
	code(t, "elsewhere", w.SetDirectMessages(ctx, "paris", agathe.ID, chosen), tickets.NotFound)
	_, err = w.DirectMessages(ctx, "paris", agathe.ID)
	code(t, "read elsewhere", err, tickets.NotFound)
}

// What was held for somebody is looked at anew once they choose again; what is
// another's, or on another channel, is not.
func TestAChoiceFreesWhatIsHeld(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	c := w.open(t, "creteil", tickets.Card{})
	agathe, aurel := person("creteil", "agathe"), person("creteil", "aurel")
	for _, to := range []tickets.Person{agathe, aurel} {
		must(t)(w.desk().Do(ctx, by("creteil", "sylvie"), c.Number.Ref(), tickets.ActionAssign, tickets.Input{Assignee: to.ID}))
	}
	must(t)(nil, w.exec(t, `UPDATE deliveries SET held = true, due = due + interval '1 day' WHERE template = 'assigned'`))
	now := w.now.Add(time.Minute)
	due := func(p tickets.Person) int {
		return count(t, w, `SELECT count(*) FROM deliveries WHERE recipient = $1 AND due <= $2`, tickets.ToPerson(p.ID), now)
	}
	if due(agathe)+due(aurel) != 0 {
		t.Fatal("nothing is held")
	}
	must(t)(nil, w.SetDirectMessages(ctx, "creteil", agathe.ID, tickets.DirectMessages{}))
	if due(agathe) != 1 || due(aurel) != 0 {
		t.Errorf("%d of hers, %d of another's", due(agathe), due(aurel))
	}
}
