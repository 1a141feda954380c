package postgres_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cecoia.example/tickets"
)

func TestForms(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	desk, claire, denis := w.desk(), by("creteil", "claire"), by("creteil", "denis")
	f, err := desk.StartForm(ctx, claire, tickets.Incident)
	if err != nil {
		t.Fatal(err)
	}
	again, err := desk.StartForm(ctx, claire, tickets.Incident)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the same form", again, f)
	service, err := desk.StartForm(ctx, claire, tickets.Service)
	if err != nil || service.ID == f.ID || service.Number.String() != "S261121_002" {
		t.Errorf("service form %s, %v", service.Number, err)
	}
	f.Card.Description, f.Card.Summary = "Rien ne va.", "Écran"
	must(t)(nil, desk.SaveForm(ctx, claire, f))
	got, _, err := desk.Form(ctx, claire, f.ID)
	if err != nil || got.Card != f.Card || got.Number != f.Number || !got.UpdatedAt.After(f.UpdatedAt) {
		t.Errorf("saved %s, %v", asJSON(got), err)
	}
	_, err = w.Form(ctx, "creteil", denis.Person.ID, f.ID)
	code(t, "another's", err, tickets.NotFound)
	_, err = w.Form(ctx, "paris", claire.Person.ID, f.ID)
	code(t, "elsewhere", err, tickets.NotFound)
	stolen := f
	stolen.Author = denis.Person.ID
	code(t, "overwriting another's", w.SaveForm(ctx, stolen, time.Time{}), tickets.Expired)
	must(t)(nil, w.DropForm(ctx, "creteil", denis.Person.ID, f.ID))

	c, err := desk.Send(ctx, claire, f.ID)
	if err != nil || c.Number != f.Number || c.ID != f.ID || c.Description != "Rien ne va." {
		t.Fatalf("sent %s, %v", asJSON(c), err)
	}
	_, err = w.Form(ctx, "creteil", claire.Person.ID, f.ID)
	code(t, "once sent", err, tickets.NotFound)
	code(t, "brought back", w.SaveForm(ctx, f, time.Time{}), tickets.Expired)
	twice, err := desk.Send(ctx, claire, f.ID)
	if err != nil || twice.ID != c.ID {
		t.Errorf("sent twice: %s, %v", twice.Number, err)
	}
	must(t)(nil, w.DropForm(ctx, "creteil", claire.Person.ID, service.ID))
	if left, err := w.Forms(ctx, "creteil", claire.Person.ID, 10); err != nil || len(left) != 0 {
		t.Errorf("dropped: %d left, %v", len(left), err)
	}
	must(t)(nil, w.DropForm(ctx, "creteil", claire.Person.ID, service.ID))
}

// Sending and saving at the same time, many times: one ticket, and no form left
// that could be sent again.
func TestSendAgainstSave(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	desk, claire := w.desk(), by("creteil", "claire")
	for i := range 20 {
		f, err := desk.StartForm(ctx, claire, tickets.Incident)
		if err != nil {
			t.Fatal(err)
		}
		f.Card.Description = fmt.Sprint("number ", i)
		must(t)(nil, w.SaveForm(ctx, f, time.Time{}))
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if _, err := desk.Send(ctx, claire, f.ID); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if err := w.SaveForm(ctx, f, time.Time{}); err != nil && tickets.CodeOf(err) != tickets.Expired {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := count(t, w, `SELECT count(*) FROM forms`); n != 0 {
			t.Fatalf("round %d: the form is back", i)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM tickets`); n != 20 {
		t.Errorf("%d tickets, want 20", n)
	}
}

// A form saved while its sending is about to commit is not brought back.
func TestSaveWaitsForSend(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	c := w.open(t, "creteil", tickets.Card{})
	f, err := w.desk().StartForm(ctx, by("creteil", "claire"), tickets.Incident)
	if err != nil {
		t.Fatal(err)
	}
	saved := make(chan error, 1)
	err = pgx.BeginFunc(ctx, w.Pool(), func(tx pgx.Tx) error { // what Create does, but slowly
		if _, err := tx.Exec(ctx, `
			CREATE TEMPORARY TABLE sent ON COMMIT DROP AS SELECT * FROM tickets WHERE id = '`+c.ID.String()+`';
			UPDATE sent SET id = '`+f.ID.String()+`', rank = 99;
			INSERT INTO tickets SELECT * FROM sent;
			DELETE FROM forms WHERE id = '`+f.ID.String()+`'`); err != nil {
			return err
		}
		go func() { saved <- w.SaveForm(ctx, f, time.Time{}) }()
		until(t, w, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	code(t, "saved while sent", <-saved, tickets.Expired)
	if n := count(t, w, `SELECT count(*) FROM forms`); n != 0 {
		t.Error("the form is back")
	}
}

// A form saved from a page that another tab has overtaken is refused, and what
// the other tab saved stays.
func TestAFormSavedTwiceFromTheSameVersion(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	claire := by("creteil", "claire")
	still := tickets.NewDesk(tickets.Options{Store: w.DB, Now: func() time.Time { return noon }})
	f, err := still.StartForm(ctx, claire, tickets.Incident)
	if err != nil {
		t.Fatal(err)
	}
	one, two := f, f
	one.Card.Description, two.Card.Description = "Un onglet", "L’autre"
	must(t)(nil, still.SaveForm(ctx, claire, one))
	code(t, "overtaken", still.SaveForm(ctx, claire, two), tickets.Conflict)
	got, _, err := still.Form(ctx, claire, f.ID)
	if err != nil || got.Card.Description != "Un onglet" || !got.UpdatedAt.After(f.UpdatedAt) {
		t.Errorf("kept %q of %s, %v", got.Card.Description, got.UpdatedAt, err)
	}
	two.UpdatedAt = got.UpdatedAt
	must(t)(nil, still.SaveForm(ctx, claire, two))
	must(t)(nil, still.DropForm(ctx, claire, f.ID))
	code(t, "cancelled meanwhile", still.SaveForm(ctx, claire, two), tickets.Expired)
}

// Several forms may be begun; an empty one is not opened twice.
func TestSeveralUnsentForms(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	desk, claire := w.desk(), by("creteil", "claire")
	var last tickets.Form
	for i := range tickets.MaxForms {
		f, err := desk.StartForm(ctx, claire, tickets.Incident)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := desk.StartForm(ctx, claire, tickets.Incident); err != nil || again.ID != f.ID {
			t.Fatalf("an empty form was opened twice: %v", err)
		}
		if i == 0 { // a document alone is something, too
			must(t)(w.AddAttachment(ctx, attachment(f.ID, claire.Person.ID, noon), 3))
		} else {
			f.Card.Availability = fmt.Sprint("le matin du ", i)
			must(t)(nil, desk.SaveForm(ctx, claire, f))
		}
		last = f
	}
	begun, err := desk.UnsentForms(ctx, claire)
	if err != nil || len(begun) != tickets.MaxForms || begun[0].ID != last.ID {
		t.Errorf("%d forms begun, %v", len(begun), err)
	}
	_, err = desk.StartForm(ctx, claire, tickets.Service)
	code(t, "one too many", err, tickets.Conflict)
	if others, err := desk.UnsentForms(ctx, by("creteil", "denis")); err != nil || len(others) != 0 {
		t.Errorf("another's: %d, %v", len(others), err)
	}
}

func attachment(ticket, author uuid.UUID, at time.Time) tickets.Attachment {
	return tickets.Attachment{
		Academy: "creteil", ID: newID(), Ticket: ticket, Author: author, Name: "écran.png",
		MediaType: "image/png", Size: 1 << 33, SHA256: [32]byte{1, 31: 2}, At: at,
	}
}

// A document is pending for its author alone until their next words, then it is
// its event's.
func TestDocuments(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	claire, agathe := by("creteil", "claire"), by("creteil", "agathe")
	desk := w.desk()
	f, err := desk.StartForm(ctx, claire, tickets.Incident)
	if err != nil {
		t.Fatal(err)
	}
	first := attachment(f.ID, claire.Person.ID, noon)
	must(t)(w.AddAttachment(ctx, first, 3))
	got, err := w.Attachment(ctx, "creteil", first.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "pending", got, first)
	_, err = w.Attachment(ctx, "paris", first.ID)
	code(t, "elsewhere", err, tickets.NotFound)

	f.Card.Description = "x"
	must(t)(nil, desk.SaveForm(ctx, claire, f))
	c, err := desk.Send(ctx, claire, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	list := func(who tickets.Caller) string {
		t.Helper()
		as, err := w.Attachments(ctx, "creteil", c.ID, who.Person.ID)
		if err != nil {
			t.Fatal(err)
		}
		s := ""
		for _, a := range as {
			s += map[bool]string{true: "pending ", false: "bound "}[a.Event == uuid.Nil]
		}
		return s
	}
	if list(claire) != "bound " || list(agathe) != "bound " {
		t.Errorf("after sending: %q, %q", list(claire), list(agathe))
	}
	theirs := attachment(c.ID, agathe.Person.ID, noon.Add(time.Second))
	must(t)(w.AddAttachment(ctx, theirs, 3))
	if list(claire) != "bound " || list(agathe) != "bound pending " {
		t.Errorf("pending: %q, %q", list(claire), list(agathe))
	}
	w.do(t, claire, c, tickets.ActionComplement, "Mes mots ne lient pas son document.")
	if list(agathe) != "bound pending " {
		t.Errorf("after another's words: %q", list(agathe))
	}
	// An internal note's document is the desk's.
	w.do(t, agathe, c, tickets.ActionNote, "Entre nous.")
	if list(claire) != "bound " || list(agathe) != "bound bound " || list(by("creteil", "aurel")) != "bound bound " {
		t.Errorf("after a note: %q, %q", list(claire), list(agathe))
	}
	code(t, "dropping a bound one", w.DropAttachment(ctx, "creteil", agathe.Person.ID, theirs.ID), tickets.NotFound)

	pending := attachment(c.ID, claire.Person.ID, noon)
	must(t)(w.AddAttachment(ctx, pending, 3))
	code(t, "dropping another's", w.DropAttachment(ctx, "creteil", agathe.Person.ID, pending.ID), tickets.NotFound)
	must(t)(nil, w.DropAttachment(ctx, "creteil", claire.Person.ID, pending.ID))
}

func TestDocumentsAreBounded(t *testing.T) {
	w := newWorld(t)
	ticket, claire := newID(), person("creteil", "claire")
	var kept, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			a := attachment(ticket, claire.ID, noon)
			a.SHA256[1] = byte(i)
			_, err := w.AddAttachment(t.Context(), a, 5)
			switch {
			case err == nil:
				kept.Add(1)
			case tickets.CodeOf(err) == tickets.Invalid:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if kept.Load() != 5 || refused.Load() != 7 {
		t.Errorf("kept %d, refused %d", kept.Load(), refused.Load())
	}
	// Another's documents on the same ticket count for them.
	denis := person("creteil", "denis")
	first, err := w.AddAttachment(t.Context(), attachment(ticket, denis.ID, noon), 5)
	if err != nil {
		t.Fatal(err)
	}
	// The same document is not kept twice, unless it has another name.
	again, err := w.AddAttachment(t.Context(), attachment(ticket, denis.ID, noon.Add(time.Hour)), 5)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the same again", again, first)
	renamed := attachment(ticket, denis.ID, noon)
	renamed.Name = "écran-2.png"
	must(t)(w.AddAttachment(t.Context(), renamed, 5))
	if all, err := w.Attachments(t.Context(), "creteil", ticket, denis.ID); err != nil || len(all) != 2 {
		t.Errorf("%d documents, %v", len(all), err)
	}
}

// Dropping a form drops its documents, and no others.
func TestDropFormDropsDocuments(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	claire := by("creteil", "claire")
	f, err := w.desk().StartForm(ctx, claire, tickets.Incident)
	if err != nil {
		t.Fatal(err)
	}
	c := w.open(t, "creteil", tickets.Card{})
	must(t)(w.AddAttachment(ctx, attachment(f.ID, claire.Person.ID, noon), 3))
	must(t)(w.AddAttachment(ctx, attachment(c.ID, claire.Person.ID, noon), 3))
	must(t)(nil, w.DropForm(ctx, "creteil", claire.Person.ID, f.ID))
	must(t)(nil, w.DropForm(ctx, "creteil", claire.Person.ID, c.ID)) // a ticket's id is no form
	if n := count(t, w, `SELECT count(*) FROM attachments WHERE ticket = $1`, c.ID); n != 1 || count(t, w, `SELECT count(*) FROM attachments`) != 1 {
		t.Errorf("%d documents left on the ticket", n)
	}
}
