package postgres_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

func linker(t *testing.T, w *world, now func() time.Time) (*tickets.Desk, *tickets.Keyring) {
	t.Helper()
	keys, err := tickets.NewKeyring(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	return tickets.NewDesk(tickets.Options{Store: w, Keyring: keys, Now: now}), keys
}

func applicant(academy tickets.AcademyID, account string) tickets.Applicant {
	return tickets.Applicant{Academy: academy, Channel: tickets.Chat, Account: account}
}

// However many ask at once, from however many accounts: three codes an hour for
// an account, and three for a person.
func TestCodesAreCountedWhoeverAsksAtOnce(t *testing.T) {
	w := newWorld(t)
	desk, _ := linker(t, w, func() time.Time { return noon })
	claire := by("creteil", "claire").Person
	ask := func(account func(int) string) (refused int) {
		var all sync.WaitGroup
		var mu sync.Mutex
		for i := range 8 {
			all.Go(func() {
				_, err := desk.AskLink(t.Context(), applicant("creteil", account(i)), claire.Email)
				if err != nil && tickets.CodeOf(err) != tickets.Conflict {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					refused++
				}
			})
		}
		all.Wait()
		return refused
	}
	if n := ask(func(int) string { return "one" }); n != 5 {
		t.Errorf("%d of 8 are refused to one account, want 5", n)
	}
	if n := ask(func(i int) string { return fmt.Sprint("account", i) }); n != 0 {
		t.Errorf("%d are refused to eight accounts: that tells who is in the directory", n)
	}
	if n := count(t, w, `SELECT count(*) FROM deliveries WHERE template = 'link_code'`); n != 3 {
		t.Errorf("%d mails to one person, want 3", n)
	}
	if n := count(t, w, `SELECT count(*) FROM link_requests`); n != 11 {
		t.Errorf("%d requests are kept, want 3 and 8", n)
	}
	must(t)(w.Purge(t.Context(), "creteil", noon.Add(25*time.Hour)))
	if n := count(t, w, `SELECT count(*) FROM link_requests`); n != 0 {
		t.Errorf("%d requests are kept after a day", n)
	}
}

// Guesses at once are counted one by one, and a code links once.
func TestGuessesAtOnceAreCounted(t *testing.T) {
	w := newWorld(t)
	now := noon
	desk, keys := linker(t, w, func() time.Time { return now })
	claire := by("creteil", "claire").Person
	request := func() (code string) {
		t.Helper()
		if person, err := desk.AskLink(t.Context(), applicant("creteil", "one"), claire.Email); err != nil || person != claire.ID {
			t.Fatalf("%s, %v", person, err)
		}
		var id uuid.UUID
		if err := w.Pool().QueryRow(t.Context(), `SELECT id FROM link_requests WHERE academy = 'creteil' ORDER BY at DESC, id DESC LIMIT 1`).Scan(&id); err != nil {
			t.Fatal(err)
		}
		return keys.LinkCode("creteil", id)
	}
	try := func(code string) map[string]int {
		said := map[string]int{}
		var all sync.WaitGroup
		var mu sync.Mutex
		for range 8 {
			all.Go(func() {
				err := desk.ConfirmLink(t.Context(), applicant("creteil", "one"), code)
				if err != nil && tickets.CodeOf(err) == "" {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				said[string(tickets.CodeOf(err))]++
			})
		}
		all.Wait()
		return said
	}
	code := request()
	if said := try(code + "0"); said["invalid"] != 4 || said["expired"] != 4 {
		t.Errorf("wrong codes: %v", said)
	}
	if said := try(code); said["expired"] != 8 {
		t.Errorf("a spent code: %v", said)
	}
	now = now.Add(time.Minute)
	if said := try(request()); said[""] != 1 || said["expired"] != 7 {
		t.Errorf("the right code: %v", said)
	}
	who, err := w.PersonByAccount(t.Context(), "creteil", tickets.Chat, "one")
	if err != nil || who.ID != claire.ID {
		t.Errorf("the account is %s's, %v", who.ID, err)
	}
	caller := tickets.Caller{Person: claire}
	if since, err := desk.LinkedSince(t.Context(), caller, tickets.Chat, "one"); err != nil || !since.Equal(now) {
		t.Errorf("since %s, %v", since, err)
	}
	must(t)(nil, w.LinkAccount(t.Context(), "creteil", claire.ID, tickets.Chat, "one")) // again: since then still
	if since, err := desk.LinkedSince(t.Context(), caller, tickets.Chat, "one"); err != nil || !since.Equal(now) {
		t.Errorf("linked again: since %s, %v", since, err)
	}
	must(t)(nil, desk.Unlink(t.Context(), tickets.Caller{Person: by("creteil", "denis").Person}, tickets.Chat, "one")) // another's
	if _, err := w.PersonByAccount(t.Context(), "creteil", tickets.Chat, "one"); err != nil {
		t.Errorf("somebody else unlinked it: %v", err)
	}
	must(t)(nil, desk.Unlink(t.Context(), caller, tickets.Chat, "one"))
	if _, err := w.PersonByAccount(t.Context(), "creteil", tickets.Chat, "one"); tickets.CodeOf(err) != tickets.NotFound {
		t.Errorf("after unlinking: %v", err)
	}
}
